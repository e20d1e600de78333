/* Files beside pictures that hold pictures of kinds that aren't read here, and what makes readable
 * ones of them. */
#include "picture_list.h"

#include "text.h"
#include <string.h>

typedef struct remedy {
    const char *endings;        /* apart by blanks */
    const char *before, *after; /* around the ending; after NULL: before is all */
} remedy;

static const remedy remedies[] = {
    {" bmp gif svg tga ppm pgm pbm pnm ico psd jp2 jxl avif exr hdr dng cr2 nef arw ",
     "mogrify -format png *.", ""},
    {" heic heif ", "for f in *.", "; do heif-convert \"$f\" \"$f.png\"; done"},
    {" jfif jpe ", "they are JPEGs: name them .jpg", NULL},
    {" dcm dicom ima ", "dcm2niix makes NIfTI files of a folder, which the kind nifti reads", NULL},
    {" nii nii.gz ", "the kind nifti reads them", NULL},
    {" nrrd mha mhd ", "convert them to NIfTI, which the kind nifti reads", NULL},
    {" npy ", "the kind npy reads them", NULL},
    {" npz mat h5 hdf5 ", "save their arrays as .npy, which the kind npy reads", NULL},
};

bool nt_passed_over_advise(const nt_passed_over *passed, nt_text *text) {
    size_t length = strlen(passed->ending);
    for (size_t i = 0; length > 0 && i < sizeof remedies / sizeof *remedies; i++) {
        const remedy *r = &remedies[i];
        const char *at = r->endings;
        while ((at = strstr(at, passed->ending)) && (at[-1] != ' ' || at[length] != ' '))
            at += length;
        if (!at)
            continue;
        nt_text_add(text, r->before);
        if (r->after)
            nt_text_printf(text, "%s%s", passed->ending, r->after);
        return true;
    }
    return false;
}

bool nt_passed_over_note(const nt_picture_files *files, nt_data_info *info, nt_arena *arena) {
    for (int32_t i = 0; i < files->passed_over_count; i++) {
        const nt_passed_over *passed = &files->passed_over[i];
        const char *ending =
            passed->ending[0] ? nt_arena_printf(arena, ".%s", passed->ending) : "without an ending";
        if (!nt_data_add_trait(info, arena, "passed over", ending, passed->count, "files"))
            return false;
        nt_text advice;
        const char *line = "";
        nt_text_init(&advice);
        bool known = nt_passed_over_advise(passed, &advice);
        if (known)
            line = nt_arena_printf(arena, ".%s files are passed over (%d), such as %s; %s",
                                   passed->ending, passed->count, passed->example, advice.bytes);
        nt_text_finish(&advice);
        if (!line || (known && !nt_data_add_note(info, arena, line)))
            return false;
    }
    return true;
}

nt_status nt_picture_files_none(const char *folder, const nt_picture_files *files,
                                nt_error *error) {
    static const char none[] = "holds no PNG, JPEG, TIFF or WebP pictures";
    for (int32_t i = 0; i < files->passed_over_count; i++) {
        const nt_passed_over *passed = &files->passed_over[i];
        nt_text advice;
        nt_text_init(&advice);
        bool known = nt_passed_over_advise(passed, &advice);
        if (known) {
            nt_error_in(error, NT_INVALID, folder, -1, "%s, but .%s files (%d), such as %s", none,
                        passed->ending, passed->count, passed->example);
            nt_error_hint(error, "%s", advice.bytes);
        }
        nt_text_finish(&advice);
        if (known)
            return NT_INVALID;
    }
    return nt_error_in(error, NT_INVALID, folder, -1, "%s", none);
}
