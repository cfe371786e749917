// A history of frames on all ports against the whole switch: pipeline, tables, rings, controller. It must
// survive, and
//
// 1. what is for an active address never leaves by a honeypot's port;
// 2. what leaves by outside of what a honeypot sent answers somebody whose packet a honeypot got, and never
//    the campus;
// 3. what the inside sends leaves by outside, unchanged and in its order, and by no other port;
// 4. every frame is counted once, and every buffer is given back (the fixture's destructors look).
//
// The input is cut into steps: one octet says what comes, and each frame has two octets of length and so many
// octets of its own, which are laid over a healthy frame, so that most of them are worth looking at.
#include <cstdlib>
#include <optional>
#include <set>
#include <utility>

#include <spdlog/spdlog.h>

#include "base/bytes.hpp"
#include "control/controller/controller.hpp"
#include "tests/unit/control/dpdk/dpdk_switch_fixture.hpp"

namespace {

using namespace honeyswitch;
using dataplane::Frame;
using dataplane::inside_port;
using dataplane::outside_port;

std::uint32_t word_at(const Frame::Bytes& frame, std::size_t offset) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 4; ++i) word = word << 8 | frame.at(offset + i);
    return word;
}

/// From whom, for whom, and of which protocol a frame with a whole IPv4 header is.
struct Told {
    std::uint32_t source, destination;
    std::uint8_t protocol;
};

std::optional<Told> told_of(const Frame::Bytes& frame) {
    std::size_t type_at = 12;
    const auto type = [&] { return static_cast<unsigned>(frame.at(type_at)) << 8 | frame.at(type_at + 1); };
    for (int tags = 0; tags < 2 && (type() == 0x8100 || type() == 0x88a8); ++tags) type_at += 4;
    const std::size_t ip = type_at + 2;
    if (frame.size() < ip + 20 || type() != 0x0800 || frame[ip] >> 4 != 4) return std::nullopt;
    return Told{word_at(frame, ip + 12), word_at(frame, ip + 16), frame[ip + 9]};
}

class World final : public control::DpdkSwitchTest {
  public:
    World() {
        if (!controller_.start(now_)) std::abort();
        turn();
    }
    ~World() override {
        handle();
        of_controller_ = controller_.counters();
    }
    void TestBody() override {}

    void step(std::uint8_t what, Frame::Bytes octets) {
        switch (what % 6) {
            case 0:
            case 1:
                from_outside(laid_over(to(what % 2 == 0 ? decoy : server, port_of(octets)), octets));
                break;
            case 2:
                from_honeypot(laid_over(reply_of(decoy, port_of(octets)), octets));
                break;
            case 3:
                from_inside(laid_over(Frame()
                                          .between(dataplane::core_mac, dataplane::upstream_mac)
                                          .ipv4(server, attacker)
                                          .tcp(22, port_of(octets)),
                                      octets));
                break;
            case 4:
                now_ += Milliseconds(octets.empty() ? 1 : octets[0] * 300);
                (void)controller_.tick(now_);
                handle();
                break;
            default:
                handle();
        }
    }

  private:
    static std::uint16_t port_of(const Frame::Bytes& octets) {
        return static_cast<std::uint16_t>(40'000 + (octets.empty() ? 0 : octets[0] % 8));
    }
    /// Octets that are not 0 take the place of those of the healthy frame.
    static Frame::Bytes laid_over(const Frame& healthy, const Frame::Bytes& octets) {
        auto bytes = healthy.bytes();
        if (octets.size() > bytes.size()) bytes.resize(octets.size());
        for (std::size_t i = 1; i < octets.size(); ++i)
            if (octets[i] != 0) bytes[i] = octets[i];
        return bytes;
    }
    void from_outside(const Frame::Bytes& frame) {
        arrive_octets(outside_port, frame);
        turn();
        look(false);
    }
    void from_honeypot(const Frame::Bytes& frame) {
        arrive_octets(honeypot_port, frame);
        turn();
        look(true);
    }
    void from_inside(const Frame::Bytes& frame) {
        arrive_octets(inside_port, frame);
        turn();
        const auto out = left(outside_port);
        if (out.size() != 1 || out[0] != frame) std::abort();
        if (!left(inside_port).empty() || !left(honeypot_port).empty()) std::abort();
    }
    void handle() {
        for (const control::PacketIn& packet : receive()) controller_.packet_in(packet, now_);
        hand_back();
        look(true);
    }
    /// `spoken`: something of a honeypot may be on its way.
    void look(bool spoken) {
        for (const auto& frame : left(honeypot_port)) {
            const auto told = told_of(frame);
            if (!told) continue;
            if (told->destination == dataplane::ip(server).host()) std::abort();
            asked_.emplace(told->source, told->destination);
        }
        for (const auto& frame : left(outside_port)) {
            const auto told = told_of(frame);
            if (!spoken || !told) std::abort();
            if (told->destination >> 16 == 0x0a01) std::abort();
            const bool answers = told->protocol == protocol::icmp
                                     ? asked_by(told->destination)
                                     : asked_.contains({told->destination, told->source});
            if (!answers) std::abort();
        }
        (void)left(inside_port);
        (void)left(other_port);
    }
    [[nodiscard]] bool asked_by(std::uint32_t source) const {
        const auto next = asked_.lower_bound({source, 0});
        return next != asked_.end() && next->first == source;
    }

    std::set<std::pair<std::uint32_t, std::uint32_t>>
        asked_;  ///< from whom and for whom honeypots got packets
    control::EventBus events_;
    control::Controller controller_{{.static_active = {Ipv4Prefix::of({dataplane::ip(server).host()}, 32)},
                                     .dark = {Ipv4Prefix::of({0x0a010000}, 16)}},
                                    switch_.pieces(),
                                    events_};
};

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    spdlog::set_level(spdlog::level::off);
    GTEST_FLAG_SET(break_on_failure, true);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t longest_frame = 256, most_steps = 64;
    World world;
    ByteReader reader(Bytes(data, size));
    for (std::size_t steps = 0; reader.left() > 0 && steps < most_steps; ++steps) {
        const auto what = reader.get<std::uint8_t>();
        const auto length = std::min<std::size_t>(reader.get<std::uint16_t>() % longest_frame, reader.left());
        const auto octets = reader.take(length);
        world.step(what, {octets.begin(), octets.end()});
    }
    return 0;
}
