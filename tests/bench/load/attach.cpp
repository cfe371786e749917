// The load generator of tools/bench, loaded by EAL's -d into whatever program is to be measured.
//
// net_null hands out mbufs as fast as they are asked for and swallows what it is given; ethdev's receive and
// transmit callbacks stand between it and the program. So generator and observer run on the forwarding lcore,
// at the same cost in every program, and nothing but the public API of DPDK is used. As a shared object knows
// nothing of when the program configures its ports, a thread of its own on CPU 0 looks for queues that have
// come up.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "tests/bench/load/generator.hpp"
#include "tests/bench/load/observer.hpp"
#include "tests/bench/load/shared_page.hpp"

namespace honeyswitch::bench {

namespace {

std::uint16_t on_receive(std::uint16_t, std::uint16_t, rte_mbuf** mbufs, std::uint16_t count, std::uint16_t,
                         void* source) {
    return static_cast<Source*>(source)->receive(mbufs, count);
}

std::uint16_t on_transmit(std::uint16_t, std::uint16_t, rte_mbuf** mbufs, std::uint16_t count, void* sink) {
    static_cast<Sink*>(sink)->transmit(mbufs, count);
    return count;
}

/// The file's page, or nullptr with the reason on stderr.
SharedPage* map_page(const char* path) {
    const int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) {
        std::perror(path);
        return nullptr;
    }
    void* memory = mmap(nullptr, sizeof(SharedPage), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    auto* page = memory == MAP_FAILED ? nullptr : static_cast<SharedPage*>(memory);
    if (page == nullptr || page->magic != page_magic || page->bytes != sizeof(SharedPage)) {
        std::fprintf(stderr, "bench-load: %s is no page of this version\n", path);
        return nullptr;
    }
    return page;
}

class Attacher {
  public:
    explicit Attacher(SharedPage& page) : page_(page), thread_([this] { run(); }) {}
    Attacher(const Attacher&) = delete;
    Attacher& operator=(const Attacher&) = delete;
    ~Attacher() {
        stop_ = true;
        thread_.join();
    }

  private:
    void run() {
        cpu_set_t first;
        CPU_ZERO(&first);
        CPU_SET(0, &first);
        pthread_setaffinity_np(pthread_self(), sizeof(first), &first);
        pthread_setname_np(pthread_self(), "bench-load");
        while (!stop_) {
            for (std::uint16_t port = 0; port < RTE_MAX_ETHPORTS; ++port)
                if (rte_eth_dev_is_valid_port(port) != 0) attach_port(port);
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }

    void attach_port(std::uint16_t port) {
        constexpr std::string_view prefix = "net_null";
        char name[RTE_ETH_NAME_MAX_LEN] = {};
        rte_eth_dev_info info{};
        if (rte_eth_dev_get_name_by_port(port, name) != 0) return;
        if (!std::string_view(name).starts_with(prefix)) return;
        const auto role = static_cast<unsigned>(name[prefix.size()] - '0');
        if (role >= port_count || rte_eth_dev_info_get(port, &info) != 0) return;
        page_.tsc_hz = rte_get_tsc_hz();
        attach_queues(port, role, info);
    }

    // A queue keeps its callbacks when the program reconfigures the port, so each is attached once.
    void attach_queues(std::uint16_t port, unsigned role, const rte_eth_dev_info& info) {
        for (std::uint16_t queue = 0; queue < info.nb_rx_queues && queue < queue_count; ++queue) {
            auto& source = sources_[role][queue];
            if (source) continue;
            source = std::make_unique<Source>(page_, role, queue, info.nb_rx_queues);
            if (rte_eth_add_rx_callback(port, queue, on_receive, source.get()) != nullptr) ++page_.sources;
        }
        for (std::uint16_t queue = 0; queue < info.nb_tx_queues && queue < queue_count; ++queue) {
            auto& sink = sinks_[role][queue];
            if (sink) continue;
            sink = std::make_unique<Sink>(page_, role, queue);
            if (rte_eth_add_tx_callback(port, queue, on_transmit, sink.get()) != nullptr) ++page_.sinks;
        }
    }

    SharedPage& page_;
    std::unique_ptr<Source> sources_[port_count][queue_count];
    std::unique_ptr<Sink> sinks_[port_count][queue_count];
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

std::unique_ptr<Attacher> attacher;

[[gnu::constructor]] void load() {
    const char* path = std::getenv("HONEYSWITCH_BENCH_PAGE");
    SharedPage* page = path == nullptr ? nullptr : map_page(path);
    if (page != nullptr) attacher = std::make_unique<Attacher>(*page);
}

}  // namespace

}  // namespace honeyswitch::bench
