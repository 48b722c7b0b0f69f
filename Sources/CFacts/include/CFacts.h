#ifndef SKIFF_FACTS_H
#define SKIFF_FACTS_H
#include <stddef.h>

/* Facts of Kubernetes 1.36 as JSON text, embedded byte for byte (C23 #embed: an array literal of this size takes Swift half a minute). */
extern const unsigned char skiff_types_json[];
extern const size_t skiff_types_json_size;
extern const unsigned char skiff_resources_json[];
extern const size_t skiff_resources_json_size;
extern const unsigned char skiff_tables_json[];
extern const size_t skiff_tables_json_size;
extern const unsigned char skiff_bootstrap_rbac_json[];
extern const size_t skiff_bootstrap_rbac_json_size;

#endif
