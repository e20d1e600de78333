/* What `bench` prints of a peer. A ratio is of the rates of one round, in which both had their
 * turns one after the other; of each number the median of the rounds stands first. */
#include "bench.h"
#include "json_out.h"
#include "table.h"

/* One row: a rate, and ours over it. */
typedef struct way {
    const char *name;
    double (*seconds)(const nt_bench_round *round);
} way;

static double ours(const nt_bench_round *round) {
    return round->ours;
}

static double eager(const nt_bench_round *round) {
    return round->torch.eager;
}

static double frozen(const nt_bench_round *round) {
    return round->torch.frozen;
}

static const way ways[] = {{"eager", eager}, {"frozen", frozen}};

enum { WAYS = sizeof ways / sizeof *ways };

static bool was_taken(const nt_bench *b, const way *w) {
    return w->seconds(&b->rounds[0]) > 0;
}

static nt_turns_spread rates(const nt_bench *b, double (*seconds)(const nt_bench_round *round)) {
    double values[NT_MOST_ROUNDS];
    for (int32_t i = 0; i < b->round_count; i++)
        values[i] = b->options->batch / seconds(&b->rounds[i]);
    return nt_turns_spread_of(values, b->round_count);
}

static nt_turns_spread ratios(const nt_bench *b, const way *w) {
    double values[NT_MOST_ROUNDS];
    for (int32_t i = 0; i < b->round_count; i++)
        values[i] = w->seconds(&b->rounds[i]) / b->rounds[i].ours;
    return nt_turns_spread_of(values, b->round_count);
}

static const char *memory_of(const nt_bench *b) {
    return b->options->peer_memory == NT_PEER_KEEPS ? "kept" : "returned";
}

/* --- text ------------------------------------------------------------------------------------- */

void nt_bench_add_peer(const nt_bench *b, nt_text *text) {
    static const nt_column columns[] = {
        {"", .align = NT_LEFT},       {"images/s", .align = NT_RIGHT}, {"ratio", .align = NT_RIGHT},
        {"least", .align = NT_RIGHT}, {"greatest", .align = NT_RIGHT}, {0}};
    nt_torch_told told = nt_torch_peer_told(b->peer);
    nt_table table;
    nt_text_printf(text, "\nagainst PyTorch %s, %s, of ", told.version, told.network);
    nt_text_count(text, told.parameters);
    nt_text_add(text, " parameters");
    if (told.parameters != nt_network_parameters(b->network)) {
        nt_text_add(text, " (here ");
        nt_text_count(text, nt_network_parameters(b->network));
        nt_text_add(text, ")");
    }
    nt_text_printf(text, "; its memory %s; medians of %d round%s\n", memory_of(b), b->round_count,
                   b->round_count == 1 ? "" : "s");
    nt_table_init(&table, columns);
    nt_table_cell(&table, "nontrivial");
    nt_table_cellf(&table, "%.1f", rates(b, ours).median);
    for (int i = 0; i < 3; i++)
        nt_table_cell(&table, "");
    for (const way *w = ways; w < ways + WAYS; w++)
        if (was_taken(b, w)) {
            nt_turns_spread ratio = ratios(b, w);
            nt_table_cellf(&table, "PyTorch, %s", w->name);
            nt_table_cellf(&table, "%.1f", rates(b, w->seconds).median);
            nt_table_cellf(&table, "%.2f", ratio.median);
            nt_table_cellf(&table, "%.2f", ratio.least);
            nt_table_cellf(&table, "%.2f", ratio.greatest);
        }
    nt_table_format(&table, text);
    nt_table_finish(&table);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *round_json(const nt_bench *b, const nt_bench_round *round) {
    json_t *rates =
        json_pack("{s:o}", "images_per_second", nt_json_real(b->options->batch / round->ours));
    for (const way *w = ways; w < ways + WAYS; w++)
        if (was_taken(b, w))
            json_object_set_new(rates, w->name,
                                nt_json_real(b->options->batch / w->seconds(round)));
    return rates;
}

static json_t *way_json(const nt_bench *b, const way *w) {
    nt_turns_spread ratio = ratios(b, w);
    return json_pack("{s:o, s:{s:o, s:o, s:o}}", "images_per_second",
                     nt_json_real(rates(b, w->seconds).median), "ratio", "median",
                     nt_json_real(ratio.median), "least", nt_json_real(ratio.least), "greatest",
                     nt_json_real(ratio.greatest));
}

json_t *nt_bench_peer_json(const nt_bench *b) {
    nt_torch_told told = nt_torch_peer_told(b->peer);
    json_t *rounds = json_array();
    for (int32_t i = 0; i < b->round_count; i++)
        rounds = nt_json_append(rounds, round_json(b, &b->rounds[i]));
    json_t *peer = json_pack("{s:s, s:s, s:s, s:s, s:I, s:o, s:o}", "name", "torch", "memory",
                             memory_of(b), "version", told.version, "network", told.network,
                             "parameters", (json_int_t)told.parameters, "images_per_second",
                             nt_json_real(rates(b, ours).median), "rounds", rounds);
    for (const way *w = ways; peer && w < ways + WAYS; w++)
        if (was_taken(b, w))
            json_object_set_new(peer, w->name, way_json(b, w));
    return peer;
}
