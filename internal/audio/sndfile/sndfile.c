#include "sndfile.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is used of libsndfile's interface, which has not changed since version 1.0 (sndfile.h). */
typedef struct {
	int64_t frames;
	int samplerate, channels, format, sections, seekable;
} SF_INFO;

typedef struct {
	int64_t (*get_filelen)(void *user);
	int64_t (*seek)(int64_t offset, int whence, void *user);
	int64_t (*read)(void *dst, int64_t count, void *user);
	int64_t (*write)(const void *src, int64_t count, void *user);
	int64_t (*tell)(void *user);
} SF_VIRTUAL_IO;

enum { SFM_READ = 0x10 };

static struct {
	void *(*open_virtual)(SF_VIRTUAL_IO *, int, SF_INFO *, void *);
	int64_t (*readf_float)(void *, float *, int64_t);
	int (*close)(void *);
	const char *(*strerror)(void *);
} lib;

struct sound {
	int fd;
	const char *head;
	int64_t head_size, size, pos;
	const struct extent *extents;
	int64_t count;
	int64_t *ends; /* where each extent ends in the whole */
	SF_VIRTUAL_IO io;
	void *file;
};

const char *sound_load(void) {
	void *so = dlopen("libsndfile.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!so) return dlerror();
	if (!(lib.open_virtual = dlsym(so, "sf_open_virtual")) || !(lib.readf_float = dlsym(so, "sf_readf_float")) ||
	    !(lib.close = dlsym(so, "sf_close")) || !(lib.strerror = dlsym(so, "sf_strerror")))
		return dlerror();
	return NULL;
}

/* The index of the extent that holds position pos of the whole, behind the head. */
static int64_t find(const struct sound *s, int64_t pos) {
	int64_t low = 0, high = s->count;
	while (low < high) {
		int64_t mid = (low + high) / 2;
		if (s->ends[mid] > pos) high = mid;
		else low = mid + 1;
	}
	return low;
}

static int64_t io_filelen(void *user) { return ((struct sound *)user)->size; }
static int64_t io_tell(void *user) { return ((struct sound *)user)->pos; }
static int64_t io_write(const void *src, int64_t count, void *user) { return 0; }

static int64_t io_seek(int64_t offset, int whence, void *user) {
	struct sound *s = user;
	int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? s->pos : s->size;
	if (offset < -base || offset > s->size - base) return -1;
	return s->pos = base + offset;
}

static int64_t io_read(void *dst, int64_t count, void *user) {
	struct sound *s = user;
	int64_t done = 0;
	if (count > s->size - s->pos) count = s->size - s->pos;
	while (done < count) {
		int64_t n = count - done;
		if (s->pos < s->head_size) {
			if (n > s->head_size - s->pos) n = s->head_size - s->pos;
			memcpy((char *)dst + done, s->head + s->pos, n);
		} else {
			int64_t i = find(s, s->pos);
			const struct extent *e = &s->extents[i];
			int64_t left = s->ends[i] - s->pos;
			if (n > left) n = left;
			n = pread(s->fd, (char *)dst + done, n, e->at + e->size - left);
			if (n <= 0) break; /* the file is shorter than it was */
		}
		done += n;
		s->pos += n;
	}
	return done;
}

struct sound *sound_open(int fd, const char *head, int64_t head_size, const struct extent *extents, int64_t count,
	int *rate, int *channels, const char **why) {
	struct sound *s = calloc(1, sizeof *s);
	int64_t *ends = calloc(count + 1, sizeof *ends);
	SF_INFO info = {0};
	if (!s || !ends) {
		*why = "out of memory";
		free(s);
		free(ends);
		return NULL;
	}
	*s = (struct sound){.fd = fd, .head = head, .head_size = head_size, .size = head_size, .extents = extents, .count = count, .ends = ends,
		.io = {io_filelen, io_seek, io_read, io_write, io_tell}};
	for (int64_t i = 0; i < count; i++) ends[i] = s->size += extents[i].size;
	s->file = lib.open_virtual(&s->io, SFM_READ, &info, s);
	if (!s->file || info.channels < 1) {
		*why = lib.strerror(NULL);
		sound_close(s);
		return NULL;
	}
	*rate = info.samplerate;
	*channels = info.channels;
	return s;
}

int64_t sound_read(struct sound *s, float *dst, int64_t frames) { return lib.readf_float(s->file, dst, frames); }

void sound_close(struct sound *s) {
	if (s->file) lib.close(s->file);
	free(s->ends);
	free(s);
}
