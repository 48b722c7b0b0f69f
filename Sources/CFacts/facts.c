#include "CFacts.h"

const unsigned char skiff_types_json[] = {
#embed "types.json"
};
const size_t skiff_types_json_size = sizeof skiff_types_json;

const unsigned char skiff_resources_json[] = {
#embed "resources.json"
};
const size_t skiff_resources_json_size = sizeof skiff_resources_json;

const unsigned char skiff_tables_json[] = {
#embed "tables.json"
};
const size_t skiff_tables_json_size = sizeof skiff_tables_json;

const unsigned char skiff_bootstrap_rbac_json[] = {
#embed "bootstrap-rbac.json"
};
const size_t skiff_bootstrap_rbac_json_size = sizeof skiff_bootstrap_rbac_json;
