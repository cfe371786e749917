#include "base/system/folder_watch.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch {
namespace {

namespace fs = std::filesystem;

class FolderWatchTest : public testing::Test {
  protected:
    FolderWatchTest() {
        for (const char* const name : {"a", "b"}) fs::create_directory(folder_.path() / name);
    }
    [[nodiscard]] fs::path path(const char* name) const { return folder_.path() / name; }
    /// Saves a file in a folder; how the watch names it then.
    std::set<fs::path> saved(const char* file) {
        std::ofstream(path(file)) << "x";
        std::set<fs::path> names;
        EXPECT_TRUE(watch_.drain([&](const fs::path& name, std::uint32_t) { names.insert(name); }));
        return names;
    }
    using Names = std::set<fs::path>;

    TemporaryFolder folder_;
    FolderWatch watch_;
};

TEST_F(FolderWatchTest, SeesWhatChangesInItsFolders) {
    watch_.watch({path("a"), path("b")});
    EXPECT_EQ(saved("a/x"), Names{path("a/x")});
    EXPECT_EQ(saved("b/x"), Names{path("b/x")});
}

TEST_F(FolderWatchTest, AFolderIsNamedInEachWayThatItIsSpelt) {
    fs::create_directory_symlink(path("a"), path("link"));
    watch_.watch({path("a"), path("b/../a"), path("link")});
    EXPECT_EQ(saved("a/x"), (Names{path("a/x"), path("b/../a/x"), path("link/x")}));
}

TEST_F(FolderWatchTest, ForgetsWhatNobodyWantsAnyMore) {
    watch_.watch({path("a"), path("b")});
    watch_.watch({path("b")});
    EXPECT_TRUE(saved("a/x").empty());
    EXPECT_EQ(saved("b/x"), Names{path("b/x")});
}

TEST_F(FolderWatchTest, ASpellingThatGoesTakesNothingFromTheOthers) {
    watch_.watch({path("a"), path("b/../a")});
    watch_.watch({path("b/../a")});
    EXPECT_EQ(saved("a/x"), Names{path("b/../a/x")});
}

TEST_F(FolderWatchTest, ATenThousandthReloadWatchesNoMoreThanTheFirst) {
    for (int i = 0; i < 10'000; ++i) {
        watch_.watch({path(i % 2 == 0 ? "a" : "b")});
        (void)watch_.drain([](const fs::path&, std::uint32_t) {});
    }
    EXPECT_TRUE(saved("a/x").empty());
    EXPECT_EQ(saved("b/x"), Names{path("b/x")});
}

TEST_F(FolderWatchTest, AFolderThatIsMadeAnewIsFoundAgain) {
    watch_.watch({path("a"), path("b/../a")});
    fs::remove_all(path("a"));
    (void)watch_.drain([](const fs::path&, std::uint32_t) {});
    fs::create_directory(path("a"));
    watch_.retry();
    EXPECT_EQ(saved("a/x"), (Names{path("a/x"), path("b/../a/x")}));
}

}  // namespace
}  // namespace honeyswitch
