/* What the parts of the pickle machine share, lowest first: pickle_input.c, pickle_say.c and
 * pickle_value.c, pickle_tensors.c, pickle_machine.c. */
#ifndef NT_PICKLE_PRIVATE_H
#define NT_PICKLE_PRIVATE_H

#include "pickle.h"

typedef struct nt_pickle_machine {
    nt_pickle_reader *in;
    nt_pickled **stack; /* NULL: a mark */
    size_t depth, stack_capacity;
    nt_pickled **memo;
    size_t memo_count, memo_capacity;
    size_t opcode_at; /* of the one in hand, for messages */
} nt_pickle_machine;

/* The next `size` bytes, good until the next call. */
nt_status nt_pickle_take(nt_pickle_reader *in, size_t size, const unsigned char **ret);

/* A line without its end, in the arena. */
nt_status nt_pickle_take_line(nt_pickle_reader *in, const char **ret);

nt_status nt_pickle_no_memory(const nt_pickle_reader *in);

/* "FILE: byte N: error: …" at the opcode in hand; the second says what to do about a refusal. */
nt_status nt_pickle_broken(const nt_pickle_machine *m, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
nt_status nt_pickle_refuse(const nt_pickle_machine *m, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A new value; NULL when out of memory. */
nt_pickled *nt_pickle_value(const nt_pickle_machine *m, nt_pickled_kind kind);

/* Adds to a list, a tuple or a dict. */
nt_status nt_pickle_append(const nt_pickle_machine *m, nt_pickled *list, nt_pickled *item);

/* The global `module`.`name`, if it is one of those that are known. */
nt_status nt_pickle_global(const nt_pickle_machine *m, const char *module, const char *name,
                           nt_pickled **ret);

/* What calling the global gives, or the storage that a persistent id names. */
nt_status nt_pickle_call(const nt_pickle_machine *m, const nt_pickled *global,
                         const nt_pickled *arguments, nt_pickled **ret);
nt_status nt_pickle_persistent(const nt_pickle_machine *m, const nt_pickled *id, nt_pickled **ret);

#endif
