// The data plane put together and taken down: given these sizes, expect these tables, or this error.
#include "dataplane/data_plane.hpp"

#include "dataplane/eal/buffer_pool.hpp"
#include "tests/unit/fixtures/one_link.hpp"
#include "tests/unit/fixtures/ring_ports.hpp"
#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

class DataPlanes : public testing::Test {
  protected:
    static DataPlaneConfig small() {
        return {.workers = 2,
                .sessions = 64,
                .addresses = {.addresses = 1 << 16, .domains = 4, .sightings = 4},
                .ring_size = 32,
                .pending = 64,
                .sources = 16};
    }
    [[nodiscard]] auto created(const DataPlaneConfig& config) {
        return DataPlane::create(config, ports_.take(), clock_);
    }
    [[nodiscard]] std::string error_of(const DataPlaneConfig& config) {
        const auto plane = created(config);
        return plane ? "" : plane.error().message();
    }

    RingPorts ports_;
    SwitchClock clock_;
};

TEST_F(DataPlanes, HaveTablesOfTheSizesThatWereAskedFor) {
    const auto plane = created(small()).value();
    EXPECT_EQ(plane->workers().size(), 2U);
    EXPECT_EQ(plane->ports().size(), side_count);
    EXPECT_EQ(plane->sessions().capacity(), 64U);
    EXPECT_EQ(plane->workers().front()->packet_outs().capacity(), 31U);
    EXPECT_EQ(plane->workers().back()->packet_ins().capacity(), 31U);
    EXPECT_TRUE(plane->addresses().add_domain({ip("10.1.0.0").host(), 16}, DomainKind::known, {}));
    EXPECT_FALSE(plane->addresses().add_domain({ip("10.2.0.0").host(), 32}, DomainKind::known, {}))
        << "the first has taken all addresses";
    EXPECT_FALSE(plane->classifier().get().has_rules());
    EXPECT_EQ(plane->counted(Counter::outside_to_inside_active), 0U);
}

TEST_F(DataPlanes, KnowTheirPortsByEitherName) {
    const auto plane = created(small()).value();
    for (PortIndex port = 0; port < side_count; ++port)
        EXPECT_EQ(plane->index_of(plane->ports()[port].id()), port);
    EXPECT_EQ(plane->statistics(outside_port).rx_packets, 0U);
    EXPECT_EQ(plane->dropped_at(outside_port), 0U);
}

TEST_F(DataPlanes, SayWhatCannotBeHad) {
    struct Row {
        const char* what;
        void (*ask)(DataPlaneConfig&);
        const char* message;
    };
    const std::vector<Row> rows{
        {"addresses", [](DataPlaneConfig& config) { config.addresses.addresses = (1U << 24) + 1; },
         "cannot allocate the address states: there can be no more than 16,777,216"},
        {"sessions", [](DataPlaneConfig& config) { config.sessions = 1U << 30; },
         "cannot allocate the session"},
        {"pending", [](DataPlaneConfig& config) { config.pending = 1U << 30; },
         "cannot allocate pending flows: out of memory"},
        {"rings", [](DataPlaneConfig& config) { config.ring_size = 1U << 30; },
         "cannot create ring packet_in0"},
    };
    for (const auto& [what, ask, message] : rows) {
        DataPlaneConfig config = small();
        ask(config);
        EXPECT_TRUE(error_of(config).starts_with(message)) << what << ": " << error_of(config);
    }
    EXPECT_EQ(error_of(small()), "") << "what was had until then was given back";
}

TEST_F(DataPlanes, NeedAnLcoreForEachWorker) {
    const auto plane = created(small()).value();
    const auto started = plane->start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().message(),
              "cannot start 2 workers: there are only 0 lcores beside the control thread's");
    plane->stop();
}

TEST_F(DataPlanes, FreeWhatWaitsInTheirRings) {
    auto plane = created(small()).value();
    Worker& worker = *plane->workers().front();
    for (MbufRing* const ring : {&worker.packet_ins(), &worker.packet_outs()}) {
        rte_mbuf* packet = buffer_with(Frame().ipv4("198.51.100.1", "10.1.0.1").udp(1, 2).bytes());
        ASSERT_EQ(ring->give(std::span(&packet, 1)), 1U);
    }
    plane.reset();
    EXPECT_EQ(buffers_in_use(buffers()), 0U);
}

TEST_F(DataPlanes, TellWhatMemoryTheyNeed) {
    const std::uint64_t needed = DataPlane::memory_needed(small());
    for (const auto more : {+[](DataPlaneConfig& config) { config.workers = 3; },
                            +[](DataPlaneConfig& config) { config.sessions = 128; },
                            +[](DataPlaneConfig& config) { config.addresses.addresses *= 2; },
                            +[](DataPlaneConfig& config) { config.addresses.domains = 8; },
                            +[](DataPlaneConfig& config) { config.ring_size = 64; },
                            +[](DataPlaneConfig& config) { config.pending = 128; },
                            +[](DataPlaneConfig& config) { config.sources = 4096; }}) {
        DataPlaneConfig config = small();
        more(config);
        EXPECT_GT(DataPlane::memory_needed(config), needed);
    }
}

}  // namespace
}  // namespace honeyswitch::dataplane
