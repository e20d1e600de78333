/* What a case may say: the kinds of edits, their numbers, and blocks that stand for their sums. */
#include "support_hook.h"

/* Sums of all kinds: `twins` are one node of the graph, `pair` is a block with two, `u` one with
 * one, `chain` one with none; nothing depends on `lost`. */
static const char *const sums = "version: 1\n"
                                "graph: sums\n"
                                "input: [4, 8, 8]\n"
                                "blocks:\n"
                                "  unit:\n"
                                "    nodes:\n"
                                "      c: {op: conv2d, channels: 4, kernel: 1}\n"
                                "      s: {op: add, from: [c, input]}\n"
                                "  two:\n"
                                "    nodes:\n"
                                "      c: {op: conv2d, channels: 4, kernel: 1}\n"
                                "      s: {op: add, from: [c, input]}\n"
                                "      d: {op: conv2d, channels: 4, kernel: 1}\n"
                                "      t: {op: add, from: [s, d]}\n"
                                "  none:\n"
                                "    nodes:\n"
                                "      c: {op: conv2d, channels: 4, kernel: 1}\n"
                                "nodes:\n"
                                "  u: {block: unit}\n"
                                "  pair: {block: two}\n"
                                "  chain: {block: none}\n"
                                "  lost: {op: add, from: [chain, pair]}\n"
                                "  first: {op: add, from: [chain, u]}\n"
                                "  mid: {op: conv2d, channels: 4, kernel: 1}\n"
                                "  twin: {op: add, from: [chain, u]}\n"
                                "  last: {op: add, from: [twin, mid]}\n"
                                "  p: {op: global_avg_pool}\n"
                                "  f: {op: linear, features: 3}\n";

static nt_network *network;

static int set_up(void **state) {
    char path[PATH_SIZE];
    (void)state;
    write_file(sums, path);
    network = load_path(path);
    unlink(path);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    nt_network_free(network);
    return 0;
}

static void accepts(const char *body, const char *expected) {
    char script[1000];
    snprintf(script, sizeof script, HOOK("%s"), body);
    assert_cases(network, script, expected);
}

static void refuses(const char *body, const char *expected) {
    char script[1000];
    snprintf(script, sizeof script, HOOK("%s"), body);
    assert_invalid(network, script, expected);
}

static void kinds(void **state) {
    (void)state;
    accepts("return {{name = 'a', mean = 'u.c'}, {name = 'b', reinit = {net:node('f')}}}",
            "a: mean=u.c\nb: reinit=f\n");
    accepts("return {{name = 'a', rerandomise = 'f'}, {name = 'b', rerandomise = 'f', seed = 7}}",
            "a: rerandomise(0)=f\nb: rerandomise(7)=f\n");
    accepts("return {{name = 'a', noise = 'f', deviation = 0.5},\n"
            "{name = 'b', noise = {'f'}, deviation = 2, seed = -3.0}}",
            "a: noise(0.5,0)=f\nb: noise(2,-3)=f\n");
}

/* In the order of the network, however the script wrote them. */
static void kinds_together(void **state) {
    (void)state;
    accepts("return {{name = 'a', seed = 5, deviation = 0.25, noise = {'f', 'pair.c'},\n"
            "zero = {'chain.c', 'u.c'}, drop = 'last', rerandomise = {}}}",
            "a: u.c noise(0.25,5)=pair.c chain.c drop=last noise(0.25,5)=f\n");
    accepts("return {{name = 'a', drop = 'twin', mean = 'mid'}}", "a: mean=mid drop=twin\n");
}

static void drop(void **state) {
    (void)state;
    accepts("return {{name = 'a', drop = net:node('u.s')}, {name = 'b', drop = {'u', 'last'}}}",
            "a: drop=u.s\nb: drop=u.s drop=last\n");
    refuses(
        "return {{name = 'a', drop = 'u.c'}}",
        "case 'a': 'u.c' (conv2d) is no sum of a branch with a layer, so there is none to drop");
    refuses("return {{name = 'a', drop = {'chain'}}}",
            "case 'a': the block 'chain' holds no sum of a branch with a layer, so there is none "
            "to drop");
    refuses("return {{name = 'a', drop = 'pair'}}",
            "case 'a': the block 'pair' holds 2 sums; name one of them, such as 'pair.t'");
    refuses("return {{name = 'a', drop = 'chian'}}",
            "case 'a': the network has no node or block 'chian'; did you mean 'chain'?");
    refuses("return {{name = 'a', zero = 'chain'}}",
            "case 'a': the network has no node 'chain'; did");
    refuses("return {{name = 'a', drop = {'u', 'u.s'}}}", "case 'a' names 'u.s' twice");
    refuses("return {{name = 'a', drop = {'twin', 'last', 'first'}}}",
            "case 'a' names 'first' and 'twin', which are the same node; leave one out");
    refuses("return {{name = 'a', drop = 'lost'}}",
            "case 'a': no output of the network depends on 'lost'");
}

static void nodes_that_do_not_fit(void **state) {
    (void)state;
    refuses("return {{name = 'a', zero = 'u.s'}}", "case 'a': 'u.s' (add) has no kernel to zero");
    refuses("return {{name = 'a', mean = 'u.s'}}",
            "case 'a': 'u.s' (add) has no kernel, which 'mean' needs");
    refuses("return {{name = 'a', noise = {'f', 'u.s'}, deviation = 1}}",
            "case 'a': 'u.s' (add) has no kernel, which 'noise' needs");
    refuses("return {{name = 'a', zero = 'f', mean = {'u.c', 'f'}}}", "case 'a' names 'f' twice");
    refuses("return {{name = 'a', reinit = {true}}}",
            "case 'a': 'reinit' holds boolean where a node is wanted");
    refuses("return {{name = 'a', zero = {}, mean = {}}}", "case 'a' edits nothing; list nodes");
    refuses("local t = {} for i = 1, 99 do t[i] = 'f' end return {{name = 'a', mean = t}}",
            "case 'a' names 99 nodes, more than the network has");
}

static void deviations(void **state) {
    (void)state;
    refuses("return {{name = 'a', noise = 'f'}}",
            "case 'a' has 'noise' without a 'deviation'; give it relative to");
    refuses("return {{name = 'a', zero = 'f', deviation = 1}}",
            "case 'a' has a 'deviation', which only 'noise' takes");
    static const char *const wrong[] = {"0", "-1", "1/0", "0/0", "'1'", "true", NULL};
    for (int i = 0; wrong[i]; i++) {
        char body[100];
        snprintf(body, sizeof body, "return {{name = 'a', noise = 'f', deviation = %s}}", wrong[i]);
        refuses(body, "case 'a': 'deviation' must be a number above 0");
    }
}

static void seeds(void **state) {
    (void)state;
    refuses("return {{name = 'a', zero = 'f', seed = 1}}",
            "case 'a' has a 'seed', which only 'rerandomise' and 'noise' take");
    static const char *const wrong[] = {"1.5", "'1'", "true", "2^64", NULL};
    for (int i = 0; wrong[i]; i++) {
        char body[100];
        snprintf(body, sizeof body, "return {{name = 'a', rerandomise = 'f', seed = %s}}",
                 wrong[i]);
        refuses(body, "case 'a': 'seed' must be an integer");
    }
    accepts("return {{name = 'a', rerandomise = 'f', seed = math.mininteger}}",
            "a: rerandomise(-9223372036854775808)=f\n");
}

/* With the nodes of their kind, which is the same as in the case; and for one kind alone. */
static void own_options(void **state) {
    (void)state;
    accepts("return {{name = 'a', noise = {'f', 'u.c', deviation = 0.5, seed = 7}},\n"
            "{name = 'b', noise = {'f', 'u.c'}, deviation = 0.5, seed = 7},\n"
            "{name = 'c', noise = {net:node('f'), deviation = 0.5}, seed = 3}}",
            "a: noise(0.5,7)=u.c noise(0.5,7)=f\n"
            "b: noise(0.5,7)=u.c noise(0.5,7)=f\n"
            "c: noise(0.5,3)=f\n");
    accepts("return {{name = 'a', noise = {'f', deviation = 1, seed = 7}, rerandomise = 'u.c'},\n"
            "{name = 'b', noise = {'f', deviation = 1, seed = 7},\n"
            "rerandomise = {'u.c', seed = 8}, mean = 'mid'},\n"
            "{name = 'c', noise = {'f', seed = 7}, rerandomise = 'u.c', deviation = 1, seed = 9}}",
            "a: rerandomise(0)=u.c noise(1,7)=f\n"
            "b: rerandomise(8)=u.c mean=mid noise(1,7)=f\n"
            "c: rerandomise(9)=u.c noise(1,7)=f\n");
}

/* A list of its own may stand for the nodes where there are options; the script's is left alone. */
static void own_options_and_a_list(void **state) {
    (void)state;
    accepts("local convs = net:nodes{op = 'conv2d', stage = 'pair'}\n"
            "local t = {{name = 'a', rerandomise = {convs, seed = 2}},\n"
            "{name = 'b', rerandomise = {{}, seed = 2}, zero = convs}}\n"
            "assert(#convs == 2 and convs.seed == nil)\n"
            "return t",
            "a: rerandomise(2)=pair.c rerandomise(2)=pair.d\nb: pair.c pair.d\n");
    refuses("return {{name = 'a', rerandomise = {{'f'}}}}",
            "case 'a': 'rerandomise' holds table where a node is wanted");
    refuses("return {{name = 'a', rerandomise = {'u.c', {'f'}, seed = 2}}}",
            "case 'a': 'rerandomise' holds table where a node is wanted");
    refuses("return {{name = 'a', rerandomise = {{{'f'}}, seed = 2}}}",
            "case 'a': 'rerandomise' holds table where a node is wanted");
    refuses("return {{name = 'a', rerandomise = {{f = 1}, seed = 2}}}",
            "case 'a': 'rerandomise' has no option 'f'");
}

static void options_of_each_node(void **state) {
    (void)state;
    accepts("return {{name = 'a', noise = {{'f', deviation = 1}, {'u.c', deviation = 2}, seed = 3},"
            " seed = 4, rerandomise = {'pair.c', {'pair.d', seed = 5}}}}",
            "a: noise(2,3)=u.c rerandomise(4)=pair.c rerandomise(5)=pair.d noise(1,3)=f\n");
    accepts("local t = {{'u.c', 'f', list = {1, 0}}, criterion = 'l2'}\n"
            "local cases = {{name = 'a', channels = t}}\n"
            "assert(#t == 1 and t[1].list[1] == 1)\n"
            "return cases",
            "a: channels(0,[1,0],l2,true,false)=u.c channels(0,[1,0],l2,true,false)=f\n");
    accepts("return {{name = 'a', prune = {{'f', share = 0.5}}}}", "a: prune(0.5)=f\n");
    refuses("return {{name = 'a', prune = {{'f', share = 0.5}, 'u.c'}}}",
            "case 'a' has 'prune' without a 'share'");
    refuses("return {{name = 'a', noise = {{'f', seed = 5}}}}",
            "case 'a' has 'noise' without a 'deviation'");
    refuses("return {{name = 'a', zero = {{'f', seed = 5}}}}",
            "case 'a': 'zero' holds table where a node is wanted");
    refuses("return {{name = 'a', prune = {{'f', share = 1}, {'f', share = 0.5}}}}",
            "case 'a' names 'f' twice");
    refuses("return {{name = 'a', prune = {{[2] = 'f', share = 1}}}}",
            "case 'a': 'prune' holds a table with a gap in its nodes");
    refuses("return {{name = 'a', channels = {{'f', list = {-1}}}}}",
            "case 'a': 'list' must be a list of integers, each from 0 to 1048576");
}

static void shares(void **state) {
    (void)state;
    accepts("return {{name = 'a', prune = {'f', 'u.c', share = 0.5}},\n"
            "{name = 'b', prune = 'f', share = 1}}",
            "a: prune(0.5)=u.c prune(0.5)=f\nb: prune(1)=f\n");
    refuses("return {{name = 'a', prune = 'f'}}",
            "case 'a' has 'prune' without a 'share'; give it as a part of its elements");
    refuses("return {{name = 'a', prune = {'f', share = 1.5}}}",
            "case 'a': 'share' must be a number from 0 to 1, not '1.5'");
    refuses("return {{name = 'a', zero = 'f', share = 1}}",
            "case 'a' has a 'share', which only 'prune' and 'channels' take");
    refuses("return {{name = 'a', prune = {'u.s', share = 1}}}",
            "case 'a': 'u.s' (add) has no kernel, which 'prune' needs");
}

static void own_options_that_are_wrong(void **state) {
    (void)state;
    refuses("return {{name = 'a', noise = {'f', deviaton = 1}}}",
            "case 'a': 'noise' has no option 'deviaton'; did you mean 'deviation'?");
    refuses("return {{name = 'a', noise = {'f', zzz = 1, deviation = 1, yyyyyyyy = 2}}}",
            "case 'a': 'noise' has no option 'yyyyyyyy'");
    refuses("return {{name = 'a', rerandomise = {'f', deviation = 1}}}",
            "case 'a': 'rerandomise' has no option 'deviation'");
    refuses("return {{name = 'a', zero = {'f', seed = 1}}}",
            "case 'a': 'zero' is a table with other keys than 1 to 1; list its nodes");
    refuses("return {{name = 'a', noise = {[3] = 'f', deviation = 1}}}",
            "case 'a': 'noise' is a table with other keys than 1 to 0; list its nodes");
    refuses("return {{name = 'a', noise = {'f', [1.5] = 'f', deviation = 1}}}",
            "case 'a': 'noise' is a table with other keys than 1 to 1; list its nodes");
    refuses("return {{name = 'a', noise = {deviation = 1}}}", "case 'a' edits nothing; list nodes");
    refuses("return {{name = 'a', noise = {'f', seed = 1}}}",
            "case 'a' has 'noise' without a 'deviation'; give it relative to that of the kernel's "
            "elements, such as 0.1");
    refuses("return {{name = 'a', noise = {'f', deviation = 0}}}",
            "case 'a': 'deviation' must be a number above 0, not '0'");
    refuses("return {{name = 'a', noise = {'f', deviation = {1}}}}",
            "case 'a': 'deviation' must be a number above 0, not this list");
    refuses("return {{name = 'a', noise = {'f', deviation = 1, seed = '1'}}}",
            "case 'a': 'seed' must be an integer, not a string");
    refuses("return {{name = 'a', zero = 'f', deviation = 1, seed = 1}}",
            "case 'a' has a 'deviation', which only 'noise' takes");
}

static void keys(void **state) {
    (void)state;
    refuses("return {{name = 'a', rerandomize = 'f'}}", "did you mean 'rerandomise'?");
    refuses("return {{name = 'a', deviaton = 1}}", "did you mean 'deviation'?");
    refuses("return {{name = 'a', zero = {[2] = 'f'}}}",
            "case 'a': 'zero' is a table with other keys than 1 to 0; list its nodes");
}

/* One list that many cases share costs the script nothing, so it is counted when it is read. */
static void many_nodes(void **state) {
    (void)state;
    nt_network *large = load("resnet34.yaml");
    const char *body = HOOK("local all, sums, t = net:nodes('conv2d'), net:nodes('add'), {}\n"
                            "for i = 1, %d do\n"
                            "  t[i] = {name = 'c' .. i, zero = all, drop = sums}\n"
                            "end\n"
                            "return t");
    char script[300];
    nt_text text;
    nt_text_init(&text);
    snprintf(script, sizeof script, body, 1000);
    assert_int_equal(run_text(script, large, &text), NT_OK);
    nt_text_finish(&text);
    snprintf(script, sizeof script, body, 100000); /* of 36 + 16 nodes */
    assert_invalid(large, script, "case 'c76924': more than 4000000 nodes are named in all");
    snprintf(script, sizeof script, body, 100001);
    assert_invalid(large, script, "the hook returned 100001 cases; at most 100000 are allowed");
    nt_network_free(large);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),
        cmocka_unit_test(kinds_together),
        cmocka_unit_test(drop),
        cmocka_unit_test(nodes_that_do_not_fit),
        cmocka_unit_test(deviations),
        cmocka_unit_test(seeds),
        cmocka_unit_test(own_options),
        cmocka_unit_test(own_options_and_a_list),
        cmocka_unit_test(options_of_each_node),
        cmocka_unit_test(own_options_that_are_wrong),
        cmocka_unit_test(shares),
        cmocka_unit_test(keys),
        cmocka_unit_test(many_nodes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
