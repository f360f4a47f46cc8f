#include <stdint.h>

struct sound;

struct extent { /* as Extent in Go */
	int64_t at, size;
};

/* Loads the library; NULL, or what is wrong. */
const char *sound_load(void);

/* Opens head and, behind it, the extents of fd. NULL on failure, with the reason in *why. Both arrays stay in use. */
struct sound *sound_open(int fd, const char *head, int64_t head_size, const struct extent *extents, int64_t count,
	int *rate, int *channels, const char **why);

int64_t sound_read(struct sound *s, float *dst, int64_t frames);
void sound_close(struct sound *s);
