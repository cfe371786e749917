// Preloaded into a program, this gives it a wall clock that a test steps: CLOCK_REALTIME is ahead by as many
// seconds as the file says that CLOCK_STEP names, eight octets in the machine's order. Other clocks are as
// they are.
#include <cstdint>
#include <cstdlib>
#include <ctime>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

const volatile std::int64_t* ahead() {
    static const volatile std::int64_t* const mapped = [] {
        const char* const path = std::getenv("CLOCK_STEP");
        const int file = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
        void* const memory =
            file < 0 ? MAP_FAILED : mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
        if (file >= 0) close(file);
        return memory == MAP_FAILED ? nullptr : static_cast<const volatile std::int64_t*>(memory);
    }();
    return mapped;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
    const int result = static_cast<int>(syscall(SYS_clock_gettime, clock, now));
    const bool wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
    if (result == 0 && wall && ahead() != nullptr) now->tv_sec += *ahead();
    return result;
}

int gettimeofday(timeval* __restrict now, void*) noexcept {
    timespec precise{};
    const int result = clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return result;
}

time_t time(time_t* result) noexcept {
    timespec precise{};
    (void)clock_gettime(CLOCK_REALTIME, &precise);
    if (result != nullptr) *result = precise.tv_sec;
    return precise.tv_sec;
}

}  // extern "C"
