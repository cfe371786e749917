#include "control/operator/loss_watch.hpp"

#include <gtest/gtest.h>

namespace honeyswitch::control {
namespace {

using Sentences = std::vector<std::string>;

class Losses : public testing::Test {
  protected:
    [[nodiscard]] Sentences after(Milliseconds time, std::uint64_t overload, std::uint64_t ring = 0) {
        now_ += time;
        const std::vector<Loss> losses{{"overload", "new flows are dropped", overload},
                                       {"rx_missed of outside", "the ring was full", ring}};
        Sentences sentences;
        for (auto& lost : watch_.look(losses, now_)) sentences.push_back(std::move(lost.told.text));
        return sentences;
    }
    LossWatch watch_;
    TimePoint now_{Milliseconds(5000)};
    static constexpr Milliseconds second{1000};
};

TEST_F(Losses, AreNotToldOfWhereThereAreNone) {
    for (int i = 0; i < 100; ++i) EXPECT_EQ(after(second, 0), Sentences());
}

TEST_F(Losses, AreToldOfWhenTheyBeginAndWhenTheyHaveEnded) {
    (void)after(second, 0);
    EXPECT_EQ(after(second, 70), Sentences{"new flows are dropped: 70 so far (overload)"});
    EXPECT_EQ(after(second, 100), Sentences());
    for (int i = 1; i < LossWatch::quiet / second; ++i) EXPECT_EQ(after(second, 100), Sentences());
    EXPECT_EQ(after(second, 100), Sentences{"no longer so: new flows are dropped: 100 in 1 s (overload)"});
    EXPECT_EQ(after(second, 100), Sentences());
    EXPECT_EQ(after(second, 101), Sentences{"new flows are dropped: 1 so far (overload)"});
}

TEST_F(Losses, AreToldOfAgainAsLongAsTheyGoOn) {
    Sentences told;
    for (std::uint64_t i = 1; i <= 121; ++i)
        for (const std::string& sentence : after(second, i)) told.push_back(sentence);
    EXPECT_EQ(told, (Sentences{"new flows are dropped: 1 so far (overload)",
                               "new flows are dropped: 61 in 60 s, and it goes on (overload)",
                               "new flows are dropped: 121 in 120 s, and it goes on (overload)"}));
}

TEST_F(Losses, AreToldOfEachByItself) {
    (void)after(second, 0, 0);
    EXPECT_EQ(after(second, 1, 0), Sentences{"new flows are dropped: 1 so far (overload)"});
    EXPECT_EQ(after(second, 2, 5), Sentences{"the ring was full: 5 so far (rx_missed of outside)"});
}

}  // namespace
}  // namespace honeyswitch::control
