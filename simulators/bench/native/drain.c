/* Throw away what many RTSP sessions send, and count it: the reader of every server that is measured.
 *
 * Whoever made the sessions hands over their sockets. Interleaved frames (RFC 2326 10.12) are followed by their
 * lengths; of RTP the marker bit and the sequence number are read, so a frame is counted when its last packet has come,
 * and lost packets are seen. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 1 << 20, BATCH = 4096, HEAD = 8 };

struct source {
    uint64_t frames;  /* RTP packets with the marker bit, channel 0 */
    uint64_t bytes;
    uint64_t lost;    /* packets that the sequence numbers miss */
    uint64_t largest; /* most bytes that were waiting when somebody looked */
    int32_t fd;
    int32_t closed;
    int32_t expected; /* next sequence number; -1 before the first packet */
    uint32_t seen;    /* bytes of the current packet that have come */
    uint8_t head[HEAD];
};

struct totals {
    uint64_t frames, bytes, lost, reads, looks, closed, strange;
    volatile int32_t stop;
};

static uint8_t chunk[CHUNK];

/* Count the packet that `head` begins. */
static void packet(struct source *source, struct totals *totals, uint32_t end)
{
    const uint8_t *head = source->head;
    if (head[1] != 0 || end < HEAD)
        return;
    int32_t sequence = head[6] << 8 | head[7];
    uint32_t gap = (uint32_t)(sequence - source->expected) & 0xFFFF;
    if (source->expected < 0)
        gap = 0;
    if (gap < 0x8000) { /* else it is late, or comes again */
        source->lost += gap;
        totals->lost += gap;
        source->expected = (sequence + 1) & 0xFFFF;
    }
    if (head[5] & 0x80) {
        source->frames++;
        totals->frames++;
    }
}

/* Where the packet ends, its four bytes of framing included; not known before these have come. */
static uint32_t end_of(const struct source *source)
{
    return source->seen < 4 ? HEAD : 4u + (source->head[2] << 8 | source->head[3]);
}

/* Follow the packets in `size` bytes; false if they are no interleaved frames. */
static int follow(struct source *source, struct totals *totals, const uint8_t *data, uint32_t size)
{
    while (size) {
        while (size && source->seen < HEAD && source->seen < end_of(source)) {
            source->head[source->seen++] = *data++;
            size--;
            if (source->head[0] != 0x24)
                return 0;
            if (source->seen == HEAD)
                packet(source, totals, end_of(source));
        }
        uint32_t end = end_of(source);
        if (source->seen >= 4) {
            uint32_t step = end - source->seen < size ? end - source->seen : size;
            data += step;
            size -= step;
            source->seen += step;
            if (source->seen == end)
                source->seen = 0;
        }
    }
    return 1;
}

/* Read this socket from now on, and count in `source`. */
int watch(int poll, int fd, struct source *source)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};
    source->fd = fd;
    source->expected = -1;
    return epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

/* Until `stop` is set: look every `pause_ns` nanoseconds at what has come, and read it all. */
int drain(int poll, long pause_ns, struct totals *totals)
{
    static struct epoll_event events[BATCH];
    struct timespec pause = {0, pause_ns};
    while (!totals->stop) {
        int count = epoll_wait(poll, events, BATCH, 0);
        if (count < 0 && errno != EINTR)
            return -errno;
        totals->looks++;
        for (int index = 0; index < count; index++) {
            struct source *source = events[index].data.ptr;
            ssize_t size = recv(source->fd, chunk, CHUNK, MSG_DONTWAIT);
            totals->reads++;
            if (size > 0) {
                source->bytes += size;
                totals->bytes += size;
                if ((uint64_t)size > source->largest)
                    source->largest = size;
                if (follow(source, totals, chunk, size))
                    continue;
                totals->strange++;
            } else if (size < 0 && (errno == EAGAIN || errno == EINTR))
                continue;
            source->closed = 1;
            totals->closed++;
            epoll_ctl(poll, EPOLL_CTL_DEL, source->fd, 0);
        }
        if (count < BATCH)
            nanosleep(&pause, 0);
    }
    return 0;
}
