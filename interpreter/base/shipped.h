/* The files that come with the program, and how a name finds a file.
 *
 *     graphs/NAME.yaml          networks         graphs/blocks/NAME.yaml   what they are made of
 *     experiments/NAME.yaml     suites           experiments/lua/NAME.lua  hooks
 *
 * lie in share/nontrivial, which is found from where the program is, so that what was installed can
 * be moved as a whole; a program in its build folder takes the source tree, which has the same
 * folders.
 *
 * A path is that file and no other. A bare name (letters, digits, - and _) is the file of that name
 * or NAME.yaml, of a hook NAME.lua, in the folder of whoever names it, and otherwise the one that
 * comes with the program: one's own files come first. blocks/NAME.yaml, which the networks include,
 * finds the program's own from elsewhere, too, so that a copy of a network works in any folder. */
#ifndef NT_SHIPPED_H
#define NT_SHIPPED_H

#include "diagnostic.h"

typedef enum nt_shipped {
    NT_SHIPPED_GRAPH,
    NT_SHIPPED_BLOCKS,
    NT_SHIPPED_SUITE,
    NT_SHIPPED_HOOK
} nt_shipped;

/* The folder that holds them, in `arena`; NULL where there is none. */
const char *nt_shipped_root(nt_arena *arena);

/* The folder of one sort below it, in `arena`; NULL where there is none. */
const char *nt_shipped_folder(nt_shipped sort, nt_arena *arena);

typedef struct nt_sought {
    nt_shipped sort;
    const char *name;   /* as it was written */
    const char *beside; /* the file that names it; NULL: a command line, in the working folder */
} nt_sought;

/* Whether it is no path but a name. */
bool nt_shipped_is_bare(const char *name);

/* The file that is meant, in `arena`; NULL where it isn't there, or when out of memory. Of a path
 * it is not asked why it can't be read: who opens it will say. */
const char *nt_shipped_find(const nt_sought *sought, nt_arena *arena);

/* What there is to say where it isn't there, in `arena`: "there is no graph 'x': sought as …";
 * `*ret_near` is the nearest name, or NULL. NULL when out of memory. */
const char *nt_shipped_missing(const nt_sought *sought, nt_arena *arena, const char **ret_near);

/* The name by which the program's own file of a path's name is found, or NULL: 'resnet18' of
 * "../graphs/resnet18.yaml". */
const char *nt_shipped_name(const nt_sought *sought, nt_arena *arena);

/* The file, whether or not it is there if it is given as a path; NT_INVALID with what was sought
 * where for a bare name that finds none. */
nt_status nt_shipped_open(const nt_sought *sought, nt_arena *arena, const char **ret,
                          nt_error *error);

#endif
