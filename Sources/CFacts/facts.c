#include "CFacts.h"

static const unsigned char types[] = {
#embed "types.json"
};
static const unsigned char resources[] = {
#embed "resources.json"
};
static const unsigned char tables[] = {
#embed "tables.json"
};
static const unsigned char bootstrap_rbac[] = {
#embed "bootstrap-rbac.json"
};
static const unsigned char protobuf[] = {
#embed "protobuf.json"
};

skiff_fact skiff_types_json_bytes(void) { return (skiff_fact){types, sizeof types}; }
skiff_fact skiff_resources_json_bytes(void) { return (skiff_fact){resources, sizeof resources}; }
skiff_fact skiff_tables_json_bytes(void) { return (skiff_fact){tables, sizeof tables}; }
skiff_fact skiff_bootstrap_rbac_json_bytes(void) { return (skiff_fact){bootstrap_rbac, sizeof bootstrap_rbac}; }
skiff_fact skiff_protobuf_json_bytes(void) { return (skiff_fact){protobuf, sizeof protobuf}; }
