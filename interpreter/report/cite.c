/* BibTeX reads over what stands outside of entries: the sentence does. Entries are @misc where
 * older styles know no @software. */
#include "cite.h"

#include "latex.h"
#include <string.h>

static const char paper[] =
    "@inproceedings{wang2021layer,\n"
    "  author        = {Wang, Wei and Zhu, Yanjie and Cui, Zhuoxu and Liang, Dong},\n"
    "  title         = {Is Each Layer Non-trivial in {CNN}? ({Student} Abstract)},\n"
    "  booktitle     = {Proceedings of the AAAI Conference on Artificial Intelligence},\n"
    "  year          = {2021},\n"
    "  eprint        = {2009.09938},\n"
    "  archiveprefix = {arXiv}\n"
    "}\n";

void nt_cite_add(const nt_record *record, nt_text *text) {
    const char *program = record->results->provenance.program, *space = strrchr(program, ' ');
    nt_text version;
    nt_text_init(&version);
    nt_latex_text(&version, space ? space + 1 : program);
    nt_text_printf(
        text,
        "Measured with Nontrivial~%s~\\citep{nontrivial}, after \\citet{wang2021layer}.\n"
        "\n%s\n"
        "@misc{nontrivial,\n"
        "  author       = {{The Nontrivial authors}},\n"
        "  title        = {Nontrivial: Which Layers of a Convolutional Network Matter},\n"
        "  howpublished = {Computer program},\n"
        "  year         = {2026},\n"
        "  note         = {Version %s},\n"
        "  version      = {%s}\n"
        "}\n",
        version.bytes, paper, version.bytes, version.bytes);
    text->failed = text->failed || version.failed;
    nt_text_finish(&version);
}
