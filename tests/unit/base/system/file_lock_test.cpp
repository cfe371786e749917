#include "base/system/file_lock.hpp"

#include <csignal>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch {
namespace {

TEST(FileLock, NamesWhoHasIt) {
    const TemporaryFolder folder;
    const auto first = FileLock::take(folder.path());
    ASSERT_TRUE(first) << first.error();
    EXPECT_EQ(FileLock::holder(folder.path()), getpid());
    const auto second = FileLock::take(folder.path());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error(), "it is in use by " + process_text(getpid()));
    EXPECT_TRUE(second.error().ends_with(fmt::format(", pid {}", getpid())));
}

TEST(FileLock, IsGoneWithItsOwner) {
    const TemporaryFolder folder;
    {
        const auto first = FileLock::take(folder.path());
        ASSERT_TRUE(first);
    }
    EXPECT_EQ(FileLock::holder(folder.path()), std::nullopt);
    EXPECT_TRUE(FileLock::take(folder.path()));
}

TEST(FileLock, IsTakenBackFromAProcessThatWasKilled) {
    const TemporaryFolder folder;
    int ready[2];
    ASSERT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        const auto lock = FileLock::take(folder.path());
        (void)!write(ready[1], lock ? "y" : "n", 1);
        pause();
        _exit(0);
    }
    char locked = 0;
    ASSERT_EQ(read(ready[0], &locked, 1), 1);
    EXPECT_EQ(locked, 'y');
    EXPECT_EQ(FileLock::holder(folder.path()), child);
    EXPECT_FALSE(FileLock::take(folder.path()));
    kill(child, SIGKILL);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    EXPECT_TRUE(FileLock::take(folder.path()));
    close(ready[0]);
    close(ready[1]);
}

TEST(FileLock, SaysWhyWhatIsNotThereCannotBeLocked) {
    const auto lock = FileLock::take("/nonexistent/folder");
    ASSERT_FALSE(lock);
    EXPECT_EQ(lock.error(), "No such file or directory");
}

}  // namespace
}  // namespace honeyswitch
