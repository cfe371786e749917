// Who has one of the places at the operator's socket, and who has to give it up: users are told apart by the
// kernel, so these tests need root to be others.
#include <filesystem>
#include <optional>
#include <vector>

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "control/operator/operator_server.hpp"
#include "tests/unit/fakes/fake_inspect.hpp"
#include "tests/unit/fakes/fake_operate.hpp"
#include "tests/unit/fixtures/socket_client.hpp"
#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch::control {
namespace {

using Client = SocketClient;
namespace fs = std::filesystem;

/// What this process does meanwhile, it does as another user.
class As {
  public:
    As(uid_t user, gid_t group) {
        EXPECT_EQ(setegid(group), 0);
        EXPECT_EQ(seteuid(user), 0);
    }
    ~As() {
        EXPECT_EQ(seteuid(0), 0);
        EXPECT_EQ(setegid(0), 0);
    }
    As(const As&) = delete;
    As& operator=(const As&) = delete;
};

class PlacesOfOperators : public testing::Test {
  protected:
    static constexpr uid_t other_user = 65'534;
    static constexpr gid_t changers = 65'000, readers = 65'001, strangers = 65'002;

    void SetUp() override {
        if (geteuid() != 0) GTEST_SKIP() << "only root can be another user";
        fs::permissions(folder.path(), fs::perms::others_exec, fs::perm_options::add);
        auto opened = OperatorServer::open(path, context, {.change = changers, .read = readers});
        ASSERT_TRUE(opened) << opened.error().message();
        server.emplace(std::move(*opened));
    }
    void settle() {
        pollfd waiting{server->fd(), POLLIN, 0};
        while (poll(&waiting, 1, 0) == 1) server->service(now);
    }
    Client somebody(gid_t group) {
        std::optional<Client> client;
        {
            const As other(other_user, group);
            client.emplace(path);
        }
        now += Milliseconds{1};
        settle();
        return std::move(*client);
    }
    std::vector<Client> as_many_as_there_are_places(gid_t group) {
        std::vector<Client> clients;
        clients.reserve(most_clients);
        for (std::size_t i = 0; i < most_clients; ++i) clients.push_back(somebody(group));
        return clients;
    }
    bool is_answered(Client& client) {
        client.say("{\"command\":\"stats\"}\n");
        settle();
        const auto lines = client.lines();
        return lines.size() == 1 && lines[0].contains("rows");
    }
    static std::string refusal(Client& client) {
        const auto lines = client.lines();
        return lines.size() == 1 && client.over() ? lines[0].value("error", "") : "";
    }

    TemporaryFolder folder;
    fs::path path = folder.path() / "control.sock";
    FakeInspect inspect;
    FakeOperate operate;
    EventBus events;
    EventRing ring{events, 256};
    OperatorContext context{
        .inspect = &inspect, .operate = &operate, .events = &events, .latest_events = &ring};
    TimePoint now = at(1'000);
    std::optional<OperatorServer> server;
};

TEST_F(PlacesOfOperators, AStrangerIsRefusedAndTakesNone) {
    auto changer = somebody(changers);
    for (std::size_t i = 0; i < 3 * most_clients; ++i) {
        auto stranger = somebody(strangers);
        EXPECT_TRUE(refusal(stranger).contains("neither group of [operator] has you"));
    }
    EXPECT_EQ(server->clients(), 1U);
    EXPECT_TRUE(is_answered(changer));
}

TEST_F(PlacesOfOperators, ReadersPushNobodyOutWhoMayChange) {
    auto changer = somebody(changers);
    auto reading = as_many_as_there_are_places(readers);
    EXPECT_FALSE(changer.over()) << "although it has been idle the longest";
    EXPECT_TRUE(reading[0].over());
    auto late = somebody(changers);
    EXPECT_TRUE(is_answered(late));
    EXPECT_EQ(server->clients(), most_clients);
}

TEST_F(PlacesOfOperators, WhereAllMayChangeAReaderHasToWait) {
    auto changing = as_many_as_there_are_places(changers);
    auto reader = somebody(readers);
    EXPECT_EQ(refusal(reader), "all places are taken by those who may change something");
    for (Client& client : changing) EXPECT_FALSE(client.over());
}

}  // namespace
}  // namespace honeyswitch::control
