#include "control/process/cpu_check.hpp"

#include <fstream>
#include <semaphore>
#include <thread>

#include <pthread.h>
#include <sched.h>

namespace honeyswitch::control {

std::vector<unsigned> refused_cpus(std::span<const unsigned> cpus) {
    // A thread that sleeps is moved about on paper alone: a worker's CPU is not interrupted.
    std::binary_semaphore asked(0);
    std::jthread sleeper([&] { asked.acquire(); });
    cpu_set_t before;
    CPU_ZERO(&before);
    const bool known = pthread_getaffinity_np(sleeper.native_handle(), sizeof before, &before) == 0;
    std::vector<unsigned> refused;
    for (const unsigned cpu : cpus) {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        if (pthread_setaffinity_np(sleeper.native_handle(), sizeof one, &one) != 0) refused.push_back(cpu);
    }
    if (known) (void)pthread_setaffinity_np(sleeper.native_handle(), sizeof before, &before);
    asked.release();
    return refused;
}

std::string online_cpus(const std::filesystem::path& sysfs) {
    std::ifstream file(sysfs / "devices/system/cpu/online");
    std::string text;
    std::getline(file, text);
    return text;
}

}  // namespace honeyswitch::control
