/* The captions of the paper's tables 1 and 2 are exchanged: block 1 has no shortcut with a
 * convolution, so the table of four rows must be that of the blocks, as its text also says. Cases
 * are known by the names that lua/layer_blocks.lua and lua/shortcuts.lua give them. */
#include "paper.h"

#include <math.h>
#include <string.h>

typedef struct value {
    const char *name;
    double value;
} value;

struct nt_paper {
    const char *network, *metric, *remark;
    double baseline;
    const char *block_table, *shortcut_table;
    value blocks[4], shortcuts[3];
};

static const nt_paper papers[] = {
    {
        .network = "resnet34",
        .metric = "accuracy",
        .remark = "The paper's values are the test accuracy of one ResNet34 on CIFAR-10; it says "
                  "neither how it was trained nor how often.",
        .baseline = .84,
        .block_table = "table 1",
        .shortcut_table = "table 2",
        .blocks = {{"block 1", .51}, {"block 2", .61}, {"block 3", .83}, {"block 4", .84}},
        .shortcuts = {{"layer2.0.downsample.0", .28},
                      {"layer3.0.downsample.0", .33},
                      {"layer4.0.downsample.0", .16}},
    },
    {
        .network = "pspnet-resnet34",
        .metric = "dice",
        .remark = "The paper's values are the Dice of the myocardium on native T1 maps, which "
                  "can't be had here: this run's data and classes are others, named above, so that "
                  "values stand side by side for their pattern, not to be equal.",
        .baseline = .87,
        .block_table = "table 3",
        .shortcut_table = "table 4",
        .blocks = {{"block 1", .82}, {"block 2", .86}, {"block 3", .82}, {"block 4", 0}},
        .shortcuts = {{"layer2.0.downsample.0", 0},
                      {"layer3.0.downsample.0", 0},
                      {"layer4.0.downsample.0", 0}},
    },
};

const nt_paper *nt_paper_of(const nt_record *record) {
    for (size_t i = 0; i < sizeof papers / sizeof *papers; i++)
        if (strcmp(record->network, papers[i].network) == 0 &&
            strcmp(record->metric, papers[i].metric) == 0)
            return &papers[i];
    return NULL;
}

const char *nt_paper_remark(const nt_paper *paper) {
    return paper->remark;
}

double nt_paper_baseline(const nt_paper *paper) {
    return paper->baseline;
}

static double look_up(const value *values, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(values[i].name, name) == 0)
            return values[i].value;
    return (double)NAN;
}

static bool is_block(const nt_paper *paper, const nt_record_case *item) {
    return !isnan(look_up(paper->blocks, 4, item->name));
}

double nt_paper_value(const nt_paper *paper, const nt_record_case *item) {
    if (!paper || strcmp(item->kind, "zero") != 0)
        return (double)NAN;
    return is_block(paper, item) ? look_up(paper->blocks, 4, item->name)
                                 : look_up(paper->shortcuts, 3, item->name);
}

/* A group of many layers one by one, shortcuts among them, is figure 1 or 2, which has no numbers.
 */
const char *nt_paper_table(const nt_paper *paper, const nt_record_group *group) {
    int32_t found = 0, blocks = 0;
    for (int32_t c = 0; paper && c < group->case_count; c++) {
        found += !isnan(nt_paper_value(paper, &group->cases[c]));
        blocks += is_block(paper, &group->cases[c]);
    }
    if (found == 0 || 2 * found < group->case_count)
        return NULL;
    return blocks > 0 ? paper->block_table : paper->shortcut_table;
}
