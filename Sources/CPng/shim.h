#include <png.h>

// Macros of macros, which Swift does not see.

/// Pixels that are numbers of colours, which have an opacity.
static const png_uint_32 lockedh5_png_palette = PNG_FORMAT_RGBA_COLORMAP;
/// Rather fast than small.
static const png_uint_32 lockedh5_png_fast = PNG_IMAGE_FLAG_FAST;
