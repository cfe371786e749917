// The listening Unix socket: whose file it replaces, and whose it leaves alone.
#include "base/system/unix_socket.hpp"

#include <cstring>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch {
namespace {

namespace fs = std::filesystem;

std::expected<UnixListener, Error> listen_on(const fs::path& path, mode_t mode = 0600) {
    return UnixListener::listen_on(path, {.attempted = "listen on", .mode = mode});
}

TEST(UnixListener, ReplacesTheFileOfAProcessThatIsGone) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "s";
    {
        const Descriptor left(socket(AF_UNIX, SOCK_STREAM, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, path.c_str());
        ASSERT_EQ(bind(left.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    }
    ASSERT_TRUE(fs::exists(path));
    {
        const auto listening = listen_on(path);
        EXPECT_TRUE(listening) << listening.error().message();
        EXPECT_TRUE(connect_to_unix(path, "reach"));
    }
    EXPECT_FALSE(fs::exists(path));
}

TEST(UnixListener, LeavesAloneWhatIsNotItsOwn) {
    const TemporaryFolder folder;
    const auto file = folder.write("file", "precious");
    EXPECT_EQ(listen_on(file).error().message(),
              "cannot listen on " + file.string() + ": there is a file that is no socket");
    EXPECT_EQ(fs::file_size(file), 8U);
    fs::create_symlink(file, folder.path() / "link");
    EXPECT_FALSE(listen_on(folder.path() / "link"));
    EXPECT_TRUE(fs::is_symlink(folder.path() / "link"));
    EXPECT_EQ(listen_on(file / "below").error().reason, "there is no folder " + file.string());
    {
        const auto listening = listen_on(folder.path() / "s");
        ASSERT_TRUE(listening);
        EXPECT_TRUE(listen_on(folder.path() / "s")
                        .error()
                        .reason.ends_with(", pid " + std::to_string(getpid()) + " listens there"));
        fs::remove(folder.path() / "s");
        folder.write("s", "another's");
    }
    EXPECT_TRUE(fs::exists(folder.path() / "s"));
}

TEST(UnixListener, MakesNoFolderOutsideOfRun) {
    const TemporaryFolder folder;
    const auto missing = folder.path() / "missing";
    EXPECT_EQ(listen_on(missing / "s").error().message(),
              "cannot listen on " + (missing / "s").string() + ": there is no folder " + missing.string());
    EXPECT_FALSE(fs::exists(missing));
}

TEST(UnixListener, SaysThatAPathIsTooLong) {
    const TemporaryFolder folder;
    const auto path = folder.path() / std::string(108, 'x');
    EXPECT_TRUE(listen_on(path).error().reason.ends_with("too long for a Unix socket"));
    EXPECT_TRUE(connect_to_unix(path, "reach").error().reason.ends_with("too long for a Unix socket"));
}

TEST(UnixListener, GivesItsFileTheMode) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "s";
    for (const mode_t mode : {0600U, 0660U}) {
        const auto listening = listen_on(path, mode);
        ASSERT_TRUE(listening);
        struct stat status{};
        ASSERT_EQ(stat(path.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 07777, mode);
    }
}

}  // namespace
}  // namespace honeyswitch
