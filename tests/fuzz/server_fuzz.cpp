// A history of notices, authentic or not, against the whole of the controller's end: it must survive, and the
// replica that it keeps must be what it told the controller. The input is cut into datagrams: one octet that
// says how to deliver it, two octets of length, and so many octets.
#include <cstdlib>

#include <spdlog/spdlog.h>

#include "control/notices/notice_server.hpp"
#include "tests/unit/fakes/remembered_reports.hpp"

namespace {

using namespace honeyswitch;

struct World {
    World() {
        agents[0].name = "a";
        agents[0].grants = {*parse_prefix("10.0.0.0/8")};
        server.emplace(
            agents, reports, events, Milliseconds(15'000),
            [this](auto datagram, control::NoticePath) { answer.assign(datagram.begin(), datagram.end()); });
        associate();
    }
    void associate() {
        const agent::Hello hello{agent::identifier_of("a"), {}, {}};
        give(encode(hello, agents[0].key));
        const auto welcome = agent::open_welcome(answer, agents[0].key);
        if (!welcome) std::abort();
        const agent::Confirm confirm{hello.agent, {}, {}, welcome->controller_nonce};
        give(encode(confirm, agents[0].key));
        association.emplace(agent::Association::Role::agent, agents[0].key, confirm);
    }
    void give(Bytes datagram) {
        server->receive(datagram, {}, now);
        reports.settle();
        server->tick(now);
    }

    std::array<control::Agent, 1> agents;
    control::RememberedReports reports;
    control::EventBus events;
    std::optional<control::NoticeServer> server;
    std::optional<agent::Association> association;
    agent::Datagram answer;
    TimePoint now{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    spdlog::set_level(spdlog::level::off);
    World world;
    ByteReader reader(Bytes(data, size));
    while (reader.left() > 0) {
        const auto how = reader.get<std::uint8_t>();
        const auto length =
            std::min<std::size_t>(reader.get<std::uint16_t>() % (agent::max_notice + 1), reader.left());
        const auto octets = reader.take(length);
        if (how == 0)
            world.give(octets);
        else if (how == 1)
            world.associate();
        else if (how == 2)
            world.now += Milliseconds(16'000);
        else
            world.give(world.association->seal(octets));
    }
    for (const auto& [key, known] : world.reports.in_force())
        for (const auto address : known.active)
            if (!key.second.contains(address)) std::abort();
    return 0;
}
