#ifndef SKIFF_FACTS_H
#define SKIFF_FACTS_H
#include <stddef.h>

/* Facts of Kubernetes 1.36 as JSON text, embedded byte for byte (C23 #embed: an array literal of this size takes Swift half a minute). */
typedef struct {
    const unsigned char *start;
    size_t size;
} skiff_fact;

/* Every built-in type: fields, list keys, defaults. */
skiff_fact skiff_types_json_bytes(void);
/* Every built-in resource and subresource: names, verbs. */
skiff_fact skiff_resources_json_bytes(void);
/* The Table columns of each resource. */
skiff_fact skiff_tables_json_bytes(void);
/* The default roles and bindings. */
skiff_fact skiff_bootstrap_rbac_json_bytes(void);
/* Field numbers of Kubernetes' protobuf messages: type -> number -> [JSON name, type, "list" | "map" | "inline"?]. From the generated.proto
 * files of Debian's kubernetes 1.20 source (numbers never change), with some newer fields added. */
skiff_fact skiff_protobuf_json_bytes(void);

#endif
