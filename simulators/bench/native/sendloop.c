/* The physical limit: send frames that lie ready to many sockets when they are due, one sendmsg each, and do nothing else.
 *
 *     sendloop FRAMES PORT COUNT FPS SLOTS
 *
 * FRAMES: for every frame two lengths (32 bits, this machine's order), then the bytes before and after the camera part;
 * where nothing comes after it there is no camera part either. Writes `listening`, waits for COUNT connections on PORT
 * and writes `ready`; sends a frame to each of them FPS times a second, those of a slot together, until SIGTERM; then
 * writes `sent refused p99_ns max_ns`. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { MARK = 7, MOST_FRAMES = 1 << 16, BINS = 10001, BIN_NS = 100000, BUFFERED = 128 * 1024 };

struct frame { struct iovec head, tail; };

static struct frame frames[MOST_FRAMES];
static uint64_t late[BINS];
static volatile sig_atomic_t stopped;

static void stop(int number) { (void)number; stopped = 1; }

static int fail(const char *what)
{
    perror(what);
    return 4;
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int load(const char *path)
{
    struct stat facts;
    int file = open(path, O_RDONLY), count = 0;
    if (file < 0 || fstat(file, &facts) < 0)
        return -1;
    uint8_t *at = mmap(0, facts.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE, file, 0);
    if (at == MAP_FAILED)
        return -1;
    for (uint8_t *end = at + facts.st_size; at < end && count < MOST_FRAMES; count++) {
        uint32_t sizes[2];
        memcpy(sizes, at, sizeof sizes);
        at += sizeof sizes;
        frames[count].head = (struct iovec){at, sizes[0]};
        frames[count].tail = (struct iovec){at + sizes[0], sizes[1]};
        at += sizes[0] + sizes[1];
    }
    return count;
}

static int listening(int port)
{
    int yes = 1, sock = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in every = {.sin_family = AF_INET, .sin_port = htons(port)};
    setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(sock, (struct sockaddr *)&every, sizeof every) < 0 || listen(sock, 4096) < 0)
        return -1;
    return sock;
}

static uint64_t percentile(uint64_t wanted)
{
    uint64_t seen = 0;
    for (int bin = 0; bin < BINS; bin++)
        if ((seen += late[bin]) >= wanted)
            return (bin + 1ULL) * BIN_NS;
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 6)
        return 2;
    int count = load(argv[1]), port = atoi(argv[2]), cameras = atoi(argv[3]);
    int fps = atoi(argv[4]), slots = atoi(argv[5]);
    int *socks = calloc(cameras, sizeof *socks);
    uint8_t (*marks)[MARK] = calloc(cameras, MARK);
    int listener = listening(port), yes = 1, buffered = BUFFERED;
    if (count <= 0 || listener < 0)
        return fail(argv[1]);
    signal(SIGTERM, stop);
    puts("listening");
    fflush(stdout);
    for (int camera = 0; camera < cameras; camera++) {
        int sock = accept4(listener, 0, 0, SOCK_NONBLOCK);
        if (sock < 0)
            return fail("accept");
        setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &buffered, sizeof buffered);
        socks[camera] = sock;
        memset(marks[camera], 0x80 | (camera & 0x7F), MARK);
    }
    puts("ready");
    fflush(stdout);
    uint64_t sent = 0, refused = 0, most = 0;
    int64_t start = now(), step = 1000000000LL / fps / slots;
    for (int64_t turn = 0; !stopped; turn++) {
        struct frame *frame = &frames[turn / slots % count];
        int64_t due = start + turn * step;
        struct timespec until = {due / 1000000000LL, due % 1000000000LL};
        while (!stopped && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, 0) == EINTR)
            ;
        if (stopped)
            break;
        for (int camera = turn % slots; camera < cameras; camera += slots) {
            struct iovec pieces[3] = {frame->head, {marks[camera], MARK}, frame->tail};
            int whole = frame->tail.iov_len == 0;
            struct msghdr message = {.msg_iov = pieces, .msg_iovlen = whole ? 1 : 3};
            ssize_t wanted = frame->head.iov_len + frame->tail.iov_len + (whole ? 0 : MARK);
            if (sendmsg(socks[camera], &message, MSG_NOSIGNAL) == wanted)
                sent++;
            else
                refused++;
            if (camera / slots % 32 == 31 || camera + slots >= cameras) {
                uint64_t lateness = now() - due;
                int bin = lateness / BIN_NS < BINS ? lateness / BIN_NS : BINS - 1;
                late[bin] += camera / slots % 32 + 1;
                most = lateness > most ? lateness : most;
            }
        }
    }
    printf("%lu %lu %lu %lu\n", sent, refused, percentile((sent + refused) * 99 / 100), most);
    return 0;
}
