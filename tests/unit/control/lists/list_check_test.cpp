#include "control/lists/list_check.hpp"

#include <gtest/gtest.h>

#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch::control {
namespace {

using Findings = std::vector<ListFinding>;

struct ListCheck : testing::Test {
    ListCheck() {
        lists[0].name = "bad";
        lists[0].file = folder.write("bad.txt", "203.0.113.1\n203.0.113.2\n");
        lists[1].name = "benign";
        lists[1].kind = SourceList::Kind::benign;
        lists[2].name = "without a file";
    }
    [[nodiscard]] std::string in_folder(const char* name) const { return (folder.path() / name).string(); }
    [[nodiscard]] Findings check(std::size_t capacity = 100) const {
        return check_list_files(lists, logs, capacity);
    }

    TemporaryFolder folder;
    std::array<SourceList, 3> lists;
    std::vector<AuthLog> logs;
};

TEST_F(ListCheck, FilesThatCanBeReadAreFine) {
    lists[1].file = folder.write("benign.txt", "203.0.113.2\n2001:db8::1 # left out\n");
    logs.push_back({.file = folder.write("auth.log", ""), .list = 0});
    EXPECT_EQ(check(), Findings{});
}

TEST_F(ListCheck, ABrokenFileAFolderAndAMissingOneAreTold) {
    lists[1].file = folder.write("benign.txt", "203.0.113.2\nfoo\n");
    EXPECT_EQ(check(),
              (Findings{{true, "list benign: " + in_folder("benign.txt:2: 'foo' is not an IPv4 address")}}));
    lists[1].file = folder.path();
    EXPECT_EQ(check(), (Findings{{true, "list benign: " + folder.path().string() + ": not a regular file"}}));
    lists[1].file = folder.path() / "none";
    logs.push_back({.file = folder.path() / "auth.log", .list = 0});
    logs.push_back({.file = folder.path(), .list = 0});
    const std::string missing = ": No such file or directory", then = "; it is followed once it can be read";
    EXPECT_EQ(check(), (Findings{{false, "list benign: " + in_folder("none") + missing},
                                 {false, "log " + in_folder("auth.log") + missing + then},
                                 {false, "log " + folder.path().string() + ": not a regular file" + then}}));
}

TEST_F(ListCheck, MoreSourcesThanThereIsRoomForAreTold) {
    lists[1].file = folder.write("benign.txt", "203.0.113.2\n203.0.113.3\n");
    EXPECT_EQ(check(3), Findings{}) << "one is on both, and takes one place";
    EXPECT_EQ(check(2), (Findings{{true,
                                   "the files of all lists have 3 sources together, and there is room for 2: "
                                   "raise source_capacity"}}));
}

}  // namespace
}  // namespace honeyswitch::control
