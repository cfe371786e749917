// The real pipeline and tables over three ports made of rings: frames in by the worker's own stages, frames
// out as a neighbour would see them. EAL runs without huge pages.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/buffer_pool.hpp"
#include "dataplane/pipeline.hpp"
#include "tests/unit/packet_builder.hpp"

namespace honeyswitch::dataplane {

/// For tables alone. EAL runs until the process ends.
void start_eal();

class SwitchFixture : public testing::Test {
  protected:
    static constexpr const char* attacker = "198.51.100.1";
    static constexpr const char* server = "10.1.0.16";
    static constexpr const char* decoy = "10.1.0.32";
    static constexpr const char* elsewhere = "10.2.0.1";
    static inline const EtherAddress honeypot_mac = mac("02:00:00:00:00:aa");
    static inline const EtherAddress switch_mac = mac("02:00:00:00:00:bb");

    /// Where a frame ended.
    enum class End { outside, inside, honeypot, punted, dropped };
    struct Outcome {
        End end = End::dropped;
        Frame::Bytes frame;
    };

    static constexpr std::uint32_t probe_source = 0xc0000201;

    SwitchFixture();
    ~SwitchFixture() override;

    [[nodiscard]] Outcome from_outside(const Frame& frame) {
        return send(std::mem_fn(&Pipeline::from_outside), frame);
    }
    [[nodiscard]] Outcome from_inside(const Frame& frame) {
        return send(std::mem_fn(&Pipeline::from_inside), frame);
    }
    [[nodiscard]] Outcome from_honeypot(const Frame& frame) {
        return send(
            [](Pipeline& pipeline, std::span<rte_mbuf*> packets) {
                pipeline.from_honeypot(packets, first_honeypot_port);
            },
            frame);
    }

    /// From outside, without looking where it ends.
    void hold(const std::vector<Frame::Bytes>& burst);
    void hold(const Frame& frame) { give(std::mem_fn(&Pipeline::from_outside), frame); }

    /// The next frame that ended somewhere; `dropped`: there is none.
    [[nodiscard]] Outcome collect();
    /// How many frames have ended there since the last look.
    [[nodiscard]] std::size_t ended(End end);

    [[nodiscard]] static Frame to(const char* destination) {
        return Frame().ipv4(attacker, destination).tcp(40000, 22);
    }
    /// What the honeypot sends back for `to(source)`.
    [[nodiscard]] static Frame reply_of(const char* source) {
        return Frame().between(honeypot_mac, switch_mac).ipv4(source, attacker).tcp(22, 40000, 0x12);
    }
    [[nodiscard]] static SessionKey key_of(const char* destination);
    SessionTable::Index add_session(const SessionKey& key, const L2Path& path = {core_mac, upstream_mac});
    /// Rules, lists and campus in force from here on.
    void set_policy(const PolicyConfig& config);
    /// Spreads the default pool over these honeypots.
    void set_pool(PoolIndex pool, std::vector<HoneypotIndex> honeypots, bool drop = false);
    void remove_session(SessionTable::Index index, const char* destination);
    [[nodiscard]] std::uint64_t counted(Counter counter) const { return counters_.value(counter); }
    /// The names of all counters that are not 0, without `but`.
    [[nodiscard]] std::vector<std::string> other_counters(std::vector<Counter> but) const;

    Quiescence quiescence_;
    std::unique_ptr<AddressTable> addresses_;
    std::unique_ptr<SessionTable> sessions_;
    HoneypotTable honeypots_;
    PoolTable pools_;
    std::unique_ptr<PendingTable> pending_;
    std::unique_ptr<OwnFlows> own_flows_;
    std::unique_ptr<ListedTable> listed_;
    CurrentPolicy policy_;
    Modes modes_;
    std::unique_ptr<ProgressTally> tally_ = std::make_unique<ProgressTally>();
    Counters counters_;
    std::optional<MbufRing> punts_;
    std::optional<Transmitter> transmitter_;
    std::optional<Pipeline> pipeline_;

    using Stage = std::function<void(Pipeline&, std::span<rte_mbuf*>)>;
    [[nodiscard]] Outcome send(const Stage& stage, const Frame& frame);

  private:
    void give(const Stage& stage, const Frame& frame);
};

}  // namespace honeyswitch::dataplane
