/* What the reading of one document may cost, from its text to what it describes, whatever the
 * document says: bytes held, steps taken, instructions of all its expressions together. Everything
 * that grows with what a document says draws on its one budget, so that no limit of a part can be
 * multiplied by another part: not a text of 16 MiB by 100,000 names, not an expression of a second
 * by 100,000 nodes.
 *
 *   bytes         of the arenas that are given the budget (arena.h), and of arrays that grow beside
 *                 them. What is freed is not given back: a document has no use for that.
 *   steps         A step is work of about 100 ns: a node, an entry of a map that is looked at, a
 *                 name that is compared.
 *   instructions  of Lua's virtual machine, as a sandbox counts them.
 *
 * Once one of the three is passed everything is refused. Then memory seems to have run out, and
 * nt_budget_say tells the two apart. */
#ifndef NT_BUDGET_H
#define NT_BUDGET_H

#include "diagnostic.h"

/* The largest graph that comes with the program takes about one part in a hundred of each. All of
 * a budget is spent in about two seconds, and beside the bytes the program takes about as much
 * again while it shows what it read. */
enum { NT_BUDGET_BYTES = 112 << 20, NT_BUDGET_STEPS = 10000000, NT_BUDGET_INSTRUCTIONS = 20000000 };

typedef enum nt_budget_part {
    NT_BUDGET_KEPT, /* none is passed */
    NT_BUDGET_OF_BYTES,
    NT_BUDGET_OF_STEPS,
    NT_BUDGET_OF_INSTRUCTIONS
} nt_budget_part;

typedef struct nt_budget {
    size_t bytes; /* left, as the two below */
    int64_t steps, instructions;
    nt_budget_part passed; /* the first that was */
    bool said;
    nt_location at; /* what is being read, without a trail; whoever reads sets it */
} nt_budget;

void nt_budget_init(nt_budget *budget);

/* Each returns false if that, or what came before it, was too much. A NULL budget has no end. */
bool nt_budget_take_bytes(nt_budget *budget, size_t bytes);
bool nt_budget_take_steps(nt_budget *budget, int64_t steps);
bool nt_budget_take_instructions(nt_budget *budget, int64_t instructions);

/* For what is made and gone again: whether there is room for so many bytes. */
bool nt_budget_has_room(nt_budget *budget, size_t bytes);

/* What a lack of memory is: past the budget NT_INVALID, which the first call says, at what is being
 * read; otherwise NT_NO_MEMORY, which each says. `budget` and `trail` may be NULL. */
nt_status nt_budget_say(nt_budget *budget, const nt_trail *trail, nt_error *error);

#endif
