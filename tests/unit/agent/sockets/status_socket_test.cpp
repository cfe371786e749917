// The agent's status socket: what it says, and that it takes nobody's file.
#include "agent/sockets/status_socket.hpp"

#include <thread>

#include <gtest/gtest.h>
#include <poll.h>

#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch::agent {
namespace {

TEST(StatusSocket, AnswersWhoeverConnects) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "status.sock";
    const auto listening = StatusSocket::listen(path);
    ASSERT_TRUE(listening) << listening.error().message();
    std::expected<std::string, Error> answer;
    std::jthread reader([&] { answer = StatusSocket::read(path); });
    pollfd waiting{listening->descriptor(), POLLIN, 0};
    ASSERT_EQ(poll(&waiting, 1, 10'000), 1);
    listening->answer([] { return std::string(100'000, 'x'); });
    reader.join();
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->size(), 100'000U);
}

/// connect() to a regular file is refused exactly as connect() to a socket that nobody listens on is.
TEST(StatusSocket, LeavesAFileThatIsNoSocket) {
    const TemporaryFolder folder;
    const auto file = folder.write("east.key", "precious");
    const auto listening = StatusSocket::listen(file);
    ASSERT_FALSE(listening);
    EXPECT_EQ(listening.error().message(),
              "cannot tell the status on " + file.string() + ": there is a file that is no socket");
    EXPECT_EQ(std::filesystem::file_size(file), 8U);
}

}  // namespace
}  // namespace honeyswitch::agent
