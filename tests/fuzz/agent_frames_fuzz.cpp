// Frames one after the other against all that an agent makes of a domain: what arrives on its interface,
// times that pass, and an interface that comes and goes. It must survive; it never asks in a name that is not
// its own; it reports nobody outside of the domain; and an address that was heard of less than probe.hold ago
// is never called inactive, but where the whole domain is withdrawn.
//
// The input is cut into steps: one octet says what happens, one how much of it, and a frame has so many
// octets, which are laid over a healthy one.
#include <cstdlib>
#include <map>

#include "agent/explore/arp.hpp"
#include "base/bytes.hpp"
#include "tests/unit/agent/explore/segment.hpp"

namespace {

using namespace honeyswitch;
using namespace honeyswitch::agent;

class World {
  public:
    World() {
        segment_.overheard = [](const ArpFrame& frame) {
            if (frame.sender != own_address && frame.sender != Ipv4Address{}) std::abort();
        };
    }
    void step(std::uint8_t what, std::uint8_t much, Bytes octets) {
        switch (what % 4) {
            case 0:
            case 1:
                hear(laid_over(what % 2 == 0
                                   ? Segment::request(at(much), mac_of(much), at(1))
                                   : Segment::reply(at(much), mac_of(octets.empty() ? much : octets[0])),
                               octets));
                break;
            case 2:
                segment_.pass(Milliseconds(much % 64));
                break;
            default:
                if (much % 8 == 0) segment_.domain.set_link(much % 16 == 0, segment_.now);
                if (much % 8 == 1) segment_.domain.frames_lost(segment_.now);
                if (much % 8 == 2) segment_.hosts.insert(much);
                if (much % 8 == 3) segment_.hosts.erase(static_cast<std::uint32_t>(much - 1));
        }
        look();
    }

  private:
    static std::vector<std::uint8_t> laid_over(const ArpFrame& healthy, Bytes octets) {
        const auto bytes = encode(healthy);
        std::vector<std::uint8_t> frame(bytes.begin(), bytes.end());
        for (std::size_t i = 1; i < octets.size() && i < frame.size(); ++i)
            if (octets[i] != 0) frame[i] = octets[i];
        return frame;
    }
    void hear(const std::vector<std::uint8_t>& frame) {
        const auto heard = parse_arp(Bytes(frame), std::nullopt);
        if (!heard) return;
        const auto before = segment_.domain.counters().evidence;
        segment_.hear(*heard);
        const bool counts = segment_.domain.counters().evidence > before;
        if (counts && segment_.domain.report().active.contains(heard->sender))
            evidence_[heard->sender] = segment_.now;
    }
    void look() {
        const auto& report = segment_.domain.report();
        const auto prefix = segment_.domain.options().prefix;
        for (const auto address : report.active.addresses())
            if (!prefix.contains(address)) std::abort();
        if (!segment_.domain.link()) return evidence_.clear();
        for (const auto& [address, when] : evidence_)
            if (segment_.now - when < segment_.domain.options().probe.hold &&
                !report.active.contains(address))
                std::abort();
    }

    Segment segment_{quick()};
    std::map<Ipv4Address, Clock::time_point> evidence_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t most_steps = 200;
    World world;
    ByteReader reader(Bytes(data, size));
    for (std::size_t steps = 0; reader.left() > 0 && steps < most_steps; ++steps) {
        const auto what = reader.get<std::uint8_t>();
        const auto much = reader.get<std::uint8_t>();
        const auto octets =
            what % 4 < 2 ? reader.take(std::min<std::size_t>(much % 43, reader.left())) : Bytes();
        world.step(what, much, octets);
    }
    return 0;
}
