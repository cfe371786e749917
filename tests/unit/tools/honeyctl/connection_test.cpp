// A switch that is there, and says nothing.
#include "tools/honeyctl/connection.hpp"

#include <gtest/gtest.h>

#include "base/system/unix_socket.hpp"
#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch::honeyctl {
namespace {

using namespace std::chrono_literals;

/// Its process is stopped: the kernel takes the connection and the request, and no more happens.
TEST(HoneyctlConnection, AStoppedSwitchIsASentence) {
    const TemporaryFolder folder;
    const auto stopped = UnixListener::listen_on(folder.path() / "socket", {.attempted = "listen on"});
    ASSERT_TRUE(stopped);
    auto connection = Connection::open(folder.path() / "socket", 50ms);
    ASSERT_TRUE(connection);
    EXPECT_EQ(connection->ask({{"command", "stats"}}).error(),
              "the switch does not answer: is its process stopped, or its control thread held up?");
    // Nobody accepts, so in the end not even a connection comes about.
    std::vector<Connection> waiting;
    std::string refusal;
    while (refusal.empty() && waiting.size() < 100) {
        auto one_more = Connection::open(folder.path() / "socket", 50ms);
        if (one_more)
            waiting.push_back(std::move(*one_more));
        else
            refusal = one_more.error();
    }
    EXPECT_TRUE(refusal.ends_with("is its process stopped, or its control thread held up?")) << refusal;
}

}  // namespace
}  // namespace honeyswitch::honeyctl
