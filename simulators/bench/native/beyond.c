/* Beyond one send a frame: the same frames to the same number of sockets, with other system calls.
 *
 *     beyond MODE FRAMES COUNT FPS SLOTS SECONDS CORE READING_CORE
 *
 * FRAMES as sendloop.c reads them. A child on READING_CORE takes all that comes. MODE:
 *   tcp       one sendmsg a frame, as sendloop.c does it
 *   uring     one io_uring_enter for all frames of a slot
 *   sqpoll    none: a kernel thread on CORE, which counts as ours, finds them in the ring
 *   udp       one send a packet
 *   mmsg      one sendmmsg a frame
 *   gso       one sendmsg for every run of packets of equal length (UDP_SEGMENT; the last may be shorter)
 * Writes `cpu_ns frames calls refused reader_cpu_ns received`: CPU of this process after a second of warming up, and
 * what the reader took: bytes by TCP, packets by UDP. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MARK = 7, MOST_FRAMES = 4096, MOST_PACKETS = 128, RING = 4096, LOOK_NS = 10000000, WARM_NS = 1000000000 };
enum mode { TCP, URING, SQPOLL, UDP, MMSG, GSO };
static const char *const names[] = {"tcp", "uring", "sqpoll", "udp", "mmsg", "gso"};

/* A packet without its four bytes of framing; the marked one has its camera part in the middle. */
struct packet { struct iovec pieces[3]; int count, size; };
struct frame { struct iovec head, tail; struct packet packets[MOST_PACKETS]; int count; };

static struct frame *frames;
static uint8_t (*marks)[MARK];
static int *socks, cameras, slots;
static uint64_t sent, calls, refused;
static uint64_t *received; /* by the child: shared */

static void die(const char *what) { perror(what); exit(4); }
static void check(int failed, const char *what) { if (failed) die(what); }

static int64_t clock_ns(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void pin(int core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    check(sched_setaffinity(0, sizeof set, &set), "core");
}

/* Cut head, camera part and tail into packets; RTCP (channel 1) stays out. */
static void cut(struct frame *frame)
{
    size_t before = frame->head.iov_len, end = before + MARK + frame->tail.iov_len;
    uint8_t *whole = malloc(end);
    memcpy(whole, frame->head.iov_base, before);
    memcpy(whole + before + MARK, frame->tail.iov_base, frame->tail.iov_len);
    for (size_t at = 0; at < end && frame->count < MOST_PACKETS;) {
        size_t size = whole[at + 2] << 8 | whole[at + 3], start = at + 4;
        struct packet *packet = &frame->packets[frame->count];
        at = start + size;
        if (whole[start - 3] != 0)
            continue;
        frame->count++;
        packet->size = size;
        packet->count = start < before && at > before ? 3 : 1;
        packet->pieces[0] = (struct iovec){whole + start, packet->count == 3 ? before - start : size};
        packet->pieces[1] = (struct iovec){0, MARK};
        packet->pieces[2] = (struct iovec){whole + before + MARK, at - before - MARK};
    }
}

static int load(const char *path)
{
    struct stat facts;
    int file = open(path, O_RDONLY), count = 0;
    check(file < 0 || fstat(file, &facts) < 0, path);
    uint8_t *at = mmap(0, facts.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    check(at == MAP_FAILED, path);
    frames = calloc(MOST_FRAMES, sizeof *frames);
    for (uint8_t *end = at + facts.st_size; at < end && count < MOST_FRAMES; count++) {
        uint32_t sizes[2];
        memcpy(sizes, at, sizeof sizes);
        at += sizeof sizes;
        frames[count].head = (struct iovec){at, sizes[0]};
        frames[count].tail = (struct iovec){at + sizes[0], sizes[1]};
        at += sizes[0] + sizes[1];
        cut(&frames[count]);
    }
    return count;
}

static struct sockaddr_in address(int camera, int port)
{
    struct sockaddr_in made = {.sin_family = AF_INET, .sin_port = htons(port)};
    made.sin_addr.s_addr = htonl(0x7F120000u + camera + 1);
    return made;
}

/* The reader: what comes is thrown away, every ten milliseconds. */
static void drain(const int *from, int stream)
{
    static uint8_t chunk[1 << 20];
    static struct epoll_event events[4096];
    int poll = epoll_create1(0);
    struct timespec pause = {0, LOOK_NS};
    for (int camera = 0; camera < cameras; camera++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = from[camera]};
        check(epoll_ctl(poll, EPOLL_CTL_ADD, from[camera], &event), "epoll");
    }
    for (;;) {
        int count = epoll_wait(poll, events, 4096, 0);
        for (int index = 0; index < count; index++)
            for (ssize_t size; (size = recv(events[index].data.fd, chunk, sizeof chunk, MSG_DONTWAIT)) > 0;) {
                *received += stream ? size : 1;
                if (stream)
                    break;
            }
        if (count < 4096)
            nanosleep(&pause, 0);
    }
}

static pid_t connect_all(int stream, int reading_core)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1, buffered = 128 * 1024, port;
    struct sockaddr_in every = {.sin_family = AF_INET};
    socklen_t size = sizeof every;
    check(bind(listener, (struct sockaddr *)&every, sizeof every) || listen(listener, 4096), "listen");
    check(getsockname(listener, (struct sockaddr *)&every, &size), "port");
    port = ntohs(every.sin_port);
    int *from = calloc(cameras, sizeof *from);
    for (int camera = 0; camera < cameras; camera++) {
        struct sockaddr_in at = address(camera, port);
        from[camera] = socket(AF_INET, stream ? SOCK_STREAM : SOCK_DGRAM, 0);
        if (stream) {
            check(connect(from[camera], (struct sockaddr *)&at, sizeof at), "connect");
            socks[camera] = accept4(listener, 0, 0, SOCK_NONBLOCK);
            setsockopt(socks[camera], IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        } else {
            check(bind(from[camera], (struct sockaddr *)&at, sizeof at), "bind");
            socks[camera] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
            check(connect(socks[camera], (struct sockaddr *)&at, sizeof at), "connect");
        }
        setsockopt(socks[camera], SOL_SOCKET, SO_SNDBUF, &buffered, sizeof buffered);
        memset(marks[camera], 0x80 | (camera & 0x7F), MARK);
    }
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pin(reading_core);
        drain(from, stream);
    }
    for (int camera = 0; camera < cameras; camera++)
        close(from[camera]);
    return child;
}

static void count_sent(ssize_t done, ssize_t wanted)
{
    if (done == wanted)
        sent++;
    else
        refused++;
}

static struct msghdr whole(const struct frame *frame, int camera, struct iovec pieces[3])
{
    pieces[0] = frame->head;
    pieces[1] = (struct iovec){marks[camera], MARK};
    pieces[2] = frame->tail;
    return (struct msghdr){.msg_iov = pieces, .msg_iovlen = 3};
}

static ssize_t length(const struct frame *frame) { return frame->head.iov_len + MARK + frame->tail.iov_len; }

static void by_tcp(const struct frame *frame, int slot)
{
    for (int camera = slot; camera < cameras; camera += slots) {
        struct iovec pieces[3];
        struct msghdr message = whole(frame, camera, pieces);
        calls++;
        count_sent(sendmsg(socks[camera], &message, MSG_NOSIGNAL), length(frame));
    }
}

static int gather(const struct packet *packet, int camera, struct iovec *to)
{
    memcpy(to, packet->pieces, packet->count * sizeof *to);
    if (packet->count == 3)
        to[1].iov_base = marks[camera];
    return packet->count;
}

static void by_udp(const struct frame *frame, int slot)
{
    for (int camera = slot; camera < cameras; camera += slots) {
        int whole = 1;
        for (int index = 0; index < frame->count; index++) {
            struct iovec pieces[3];
            struct msghdr message = {.msg_iov = pieces};
            message.msg_iovlen = gather(&frame->packets[index], camera, pieces);
            calls++;
            whole &= sendmsg(socks[camera], &message, 0) == frame->packets[index].size;
        }
        count_sent(whole, 1);
    }
}

static void by_mmsg(const struct frame *frame, int slot)
{
    for (int camera = slot; camera < cameras; camera += slots) {
        struct iovec pieces[MOST_PACKETS][3];
        struct mmsghdr messages[MOST_PACKETS] = {0};
        for (int index = 0; index < frame->count; index++) {
            messages[index].msg_hdr.msg_iov = pieces[index];
            messages[index].msg_hdr.msg_iovlen = gather(&frame->packets[index], camera, pieces[index]);
        }
        calls++;
        count_sent(sendmmsg(socks[camera], messages, frame->count, 0), frame->count);
    }
}

static void by_gso(const struct frame *frame, int slot)
{
    for (int camera = slot; camera < cameras; camera += slots) {
        int intact = 1;
        for (int first = 0, next; first < frame->count; first = next) {
            struct iovec pieces[MOST_PACKETS + 2];
            char control[CMSG_SPACE(sizeof(uint16_t))] = {0};
            struct msghdr message = {.msg_iov = pieces};
            int size = frame->packets[first].size, bytes = 0;
            for (next = first; next < frame->count && next - first < 40; next++) {
                const struct packet *packet = &frame->packets[next];
                if (packet->size > size || (next > first && frame->packets[next - 1].size < size))
                    break;
                message.msg_iovlen += gather(packet, camera, pieces + message.msg_iovlen);
                bytes += packet->size;
            }
            if (next - first > 1) {
                message.msg_control = control;
                message.msg_controllen = sizeof control;
                struct cmsghdr *header = CMSG_FIRSTHDR(&message);
                header->cmsg_level = SOL_UDP;
                header->cmsg_type = UDP_SEGMENT;
                header->cmsg_len = CMSG_LEN(sizeof(uint16_t));
                *(uint16_t *)CMSG_DATA(header) = size;
            }
            calls++;
            intact &= sendmsg(socks[camera], &message, 0) == bytes;
        }
        count_sent(intact, 1);
    }
}

/* io_uring without a library: the rings as the kernel lays them out (io_uring(7)). */
static struct {
    int fd, poll;
    _Atomic uint32_t *sq_tail, *cq_head, *cq_tail, *sq_flags;
    uint32_t *sq_array, mask, cq_mask;
    struct io_uring_sqe *entries;
    struct io_uring_cqe *results;
    struct msghdr *messages;
    struct iovec (*pieces)[3];
} ring;

static void open_ring(int poll, int core)
{
    struct io_uring_params facts = {0};
    if (poll) {
        facts.flags = IORING_SETUP_SQPOLL | IORING_SETUP_SQ_AFF;
        facts.sq_thread_cpu = core;
        facts.sq_thread_idle = 1; /* ms: it sleeps between slots, and is woken */
    }
    ring.fd = syscall(SYS_io_uring_setup, RING, &facts);
    check(ring.fd < 0, "io_uring_setup");
    size_t size = facts.sq_off.array + facts.sq_entries * 4, results = facts.cq_off.cqes + facts.cq_entries * 16;
    int how = PROT_READ | PROT_WRITE, kind = MAP_SHARED | MAP_POPULATE;
    uint8_t *sq = mmap(0, size > results ? size : results, how, kind, ring.fd, IORING_OFF_SQ_RING);
    ring.entries = mmap(0, facts.sq_entries * sizeof *ring.entries, how, kind, ring.fd, IORING_OFF_SQES);
    check(sq == MAP_FAILED || (void *)ring.entries == MAP_FAILED, "ring");
    ring.poll = poll;
    ring.sq_tail = (void *)(sq + facts.sq_off.tail);
    ring.sq_flags = (void *)(sq + facts.sq_off.flags);
    ring.sq_array = (void *)(sq + facts.sq_off.array);
    ring.mask = *(uint32_t *)(sq + facts.sq_off.ring_mask);
    ring.cq_head = (void *)(sq + facts.cq_off.head);
    ring.cq_tail = (void *)(sq + facts.cq_off.tail);
    ring.cq_mask = *(uint32_t *)(sq + facts.cq_off.ring_mask);
    ring.results = (void *)(sq + facts.cq_off.cqes);
    ring.messages = calloc(RING, sizeof *ring.messages);
    ring.pieces = calloc(RING, sizeof *ring.pieces);
    check(syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_FILES, socks, cameras) < 0, "files");
}

static void by_ring(const struct frame *frame, int slot)
{
    for (int camera = slot; camera < cameras;) {
        uint32_t tail = *ring.sq_tail, count = 0;
        for (; camera < cameras && count < RING; camera += slots, count++) {
            uint32_t at = (tail + count) & ring.mask;
            ring.messages[at] = whole(frame, camera, ring.pieces[at]);
            ring.entries[at] = (struct io_uring_sqe){
                .opcode = IORING_OP_SENDMSG, .flags = IOSQE_FIXED_FILE, .fd = camera,
                .addr = (uint64_t)&ring.messages[at], .len = 1, .msg_flags = MSG_NOSIGNAL | MSG_DONTWAIT};
            ring.sq_array[at] = at;
        }
        *ring.sq_tail = tail + count;
        int flags = IORING_ENTER_GETEVENTS;
        if (ring.poll && *ring.sq_flags & IORING_SQ_NEED_WAKEUP)
            flags |= IORING_ENTER_SQ_WAKEUP;
        calls++;
        check(syscall(SYS_io_uring_enter, ring.fd, ring.poll ? 0 : count, count, flags, 0, 0) < 0, "io_uring_enter");
        uint32_t head = *ring.cq_head;
        for (; head != *ring.cq_tail; head++)
            count_sent(ring.results[head & ring.cq_mask].res, length(frame));
        *ring.cq_head = head;
    }
}

int main(int argc, char **argv)
{
    if (argc != 9)
        return 2;
    int mode = 0;
    while (mode < GSO && strcmp(argv[1], names[mode]))
        mode++;
    int count = load(argv[2]), fps = atoi(argv[4]), core = atoi(argv[7]), reading_core = atoi(argv[8]);
    double seconds = atof(argv[6]);
    cameras = atoi(argv[3]);
    slots = atoi(argv[5]);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    socks = calloc(cameras, sizeof *socks);
    marks = calloc(cameras, MARK);
    received = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pin(core);
    pid_t child = connect_all(mode <= SQPOLL, reading_core);
    if (mode == URING || mode == SQPOLL)
        open_ring(mode == SQPOLL, core);
    void (*send_all)(const struct frame *, int) =
        mode == TCP ? by_tcp : mode == UDP ? by_udp : mode == MMSG ? by_mmsg : mode == GSO ? by_gso : by_ring;
    clockid_t theirs;
    clock_getcpuclockid(child, &theirs);
    int64_t start = clock_ns(CLOCK_MONOTONIC), step = 1000000000LL / fps / slots, spent = 0, reading = 0;
    uint64_t came = 0;
    int warm = 0;
    for (int64_t turn = 0;; turn++) {
        int64_t due = start + turn * step;
        struct timespec until = {due / 1000000000LL, due % 1000000000LL};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, 0);
        if (!warm && due - start >= WARM_NS) {
            warm = 1;
            spent = clock_ns(CLOCK_PROCESS_CPUTIME_ID), reading = clock_ns(theirs), came = *received;
            sent = calls = refused = 0;
        }
        if (due - start >= WARM_NS + seconds * 1e9)
            break;
        send_all(&frames[turn / slots % count], turn % slots);
    }
    spent = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - spent;
    reading = clock_ns(theirs) - reading;
    kill(child, SIGKILL);
    waitpid(child, 0, 0);
    printf("%ld %lu %lu %lu %ld %lu\n", spent, sent, calls, refused, reading, *received - came);
    return 0;
}
