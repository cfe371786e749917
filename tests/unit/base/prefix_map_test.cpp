#include "base/prefix_map.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace honeyswitch {
namespace {

Ipv4Prefix prefix(std::string_view text) {
    return parse_prefix(text).value();
}

class PrefixMapTest : public testing::Test {
  protected:
    PrefixMapTest() {
        for (const char* const text :
             {"10.1.0.0/16", "10.1.2.0/24", "10.1.2.0/28", "10.1.3.0/24", "10.2.0.0/16"})
            map_[prefix(text)] = text;
    }
    [[nodiscard]] std::vector<std::string> around(std::string_view text) const {
        std::vector<std::string> found;
        map_.each_around(prefix(text), [&](Ipv4Prefix, const std::string& value) { found.push_back(value); });
        return found;
    }
    [[nodiscard]] std::vector<std::string> within(std::string_view text) const {
        std::vector<std::string> found;
        map_.each_within(prefix(text), [&](Ipv4Prefix, const std::string& value) { found.push_back(value); });
        return found;
    }
    PrefixMap<std::string> map_;
};

using Texts = std::vector<std::string>;

TEST_F(PrefixMapTest, AroundAreTheMostSpecificFirst) {
    EXPECT_EQ(around("10.1.2.3/32"), (Texts{"10.1.2.0/28", "10.1.2.0/24", "10.1.0.0/16"}));
    EXPECT_EQ(around("10.1.2.0/24"), (Texts{"10.1.2.0/24", "10.1.0.0/16"}));
    EXPECT_TRUE(around("10.0.0.0/8").empty());
}

TEST_F(PrefixMapTest, WithinIsWhatLiesThereWithoutItself) {
    EXPECT_EQ(within("10.1.0.0/16"), (Texts{"10.1.2.0/24", "10.1.2.0/28", "10.1.3.0/24"}));
    EXPECT_EQ(within("0.0.0.0/0").size(), 5U);
    EXPECT_TRUE(within("10.1.3.0/24").empty());
}

TEST_F(PrefixMapTest, OverlapsWhatIsAroundItAndWhatIsWithinIt) {
    EXPECT_TRUE(map_.overlaps(prefix("10.1.2.3/32")));
    EXPECT_TRUE(map_.overlaps(prefix("10.0.0.0/8")));
    EXPECT_TRUE(map_.overlaps(prefix("10.2.0.0/16")));
    EXPECT_FALSE(map_.overlaps(prefix("10.3.0.0/16")));
    EXPECT_TRUE(map_.covers(prefix("10.2.0.0/16")));
    EXPECT_FALSE(map_.covers(prefix("10.0.0.0/8")));
}

}  // namespace
}  // namespace honeyswitch
