#include "dataplane/tables/session_table.hpp"

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>
#include <unordered_map>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/eal/burst.hpp"
#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

using Index = SessionTable::Index;

SessionKey numbered(std::uint32_t number) {
    return {Be32::from_host(0xc6336400U + number), Be32::from_host(0x0a010000U + number % 251),
            Be16::from_host(static_cast<std::uint16_t>(number)), Be16::from_host(22), 6};
}

class SessionTableTest : public testing::Test {
  protected:
    explicit SessionTableTest(std::uint32_t capacity = 1'000) {
        start_eal();
        quiescence_.emplace(Quiescence::create(1).value());
        table_ = SessionTable::create(capacity, *quiescence_).value();
    }

    [[nodiscard]] std::optional<Index> add(const SessionKey& key) {
        return table_->add({.key = key, .path = {}}, 1'000);
    }
    /// As the control thread does it, with no worker to wait for.
    void remove(Index index) {
        table_->remove(index);
        table_->end_batch();
        table_->reclaim();
    }
    /// Of all of them by bursts, as workers look up: 0 for what is not there, else its index and 1.
    [[nodiscard]] std::vector<Index> look_up(const std::vector<SessionKey>& keys) const {
        std::vector<Index> numbers;
        std::vector<std::uint64_t> hashes;
        std::vector<Session*> found(keys.size());
        for (const SessionKey& key : keys) hashes.push_back(table_->hash(key));
        for (std::size_t at = 0; at < keys.size(); at += burst_size) {
            const std::size_t count = std::min<std::size_t>(burst_size, keys.size() - at);
            table_->lookup(std::span(keys).subspan(at, count), std::span(hashes).subspan(at, count),
                           std::span(found).subspan(at, count));
        }
        for (const Session* session : found)
            numbers.push_back(session == nullptr ? 0 : static_cast<Index>(session - &table_->at(0)) + 1);
        return numbers;
    }
    /// Keys whose hashes lie so close together that a line of the index is asked for all of them.
    [[nodiscard]] std::vector<SessionKey> neighbours(std::size_t count) const {
        std::vector<SessionKey> keys;
        for (std::uint32_t i = 0; keys.size() < count; ++i)
            if (static_cast<std::uint32_t>(table_->hash(numbered(i))) < 1U << 22) keys.push_back(numbered(i));
        return keys;
    }

    std::optional<Quiescence> quiescence_;
    std::unique_ptr<SessionTable> table_;
};

TEST_F(SessionTableTest, FindsWhatIsThereAndNothingElse) {
    std::mt19937 random(1);
    std::vector<SessionKey> keys;
    for (std::uint32_t i = 0; i < 2'000; ++i) keys.push_back(numbered(i));
    std::vector<Index> model(keys.size());  // 0: not there; else its index and 1
    for (int turn = 0; turn < 40; ++turn) {
        for (int change = 0; change < 500; ++change) {
            const std::size_t i = random() % keys.size();
            if (model[i] != 0) {
                remove(model[i] - 1);
                model[i] = 0;
            } else if (const auto index = add(keys[i])) {
                model[i] = *index + 1;
            } else {
                EXPECT_EQ(table_->size(), table_->capacity());
            }
        }
        EXPECT_EQ(look_up(keys), model);
        EXPECT_EQ(table_->size(), model.size() - static_cast<std::size_t>(std::ranges::count(model, 0U)));
    }
}

TEST_F(SessionTableTest, HoldsWhatItsCapacitySays) {
    for (std::uint32_t i = 0; i < table_->capacity(); ++i) {
        EXPECT_TRUE(table_->has_room());
        ASSERT_TRUE(add(numbered(i)));
    }
    EXPECT_FALSE(table_->has_room());
    EXPECT_FALSE(add(numbered(table_->capacity())));
    remove(*table_->find(numbered(7)));
    EXPECT_TRUE(table_->has_room());
    EXPECT_TRUE(add(numbered(table_->capacity())));
}

TEST_F(SessionTableTest, WhatFindsItsLineFullIsFoundAllTheSame) {
    const auto keys = neighbours(60);
    const auto strangers = [&] {
        auto all = neighbours(90);
        all.erase(all.begin(), all.begin() + 60);
        return all;
    }();
    std::vector<Index> expected;
    for (const SessionKey& key : keys) expected.push_back(add(key).value() + 1);
    EXPECT_EQ(look_up(keys), expected);
    EXPECT_EQ(look_up(strangers), std::vector<Index>(strangers.size()));

    // Every other one goes, of those in the line and of those elsewhere; then others come in their places.
    for (std::size_t i = 0; i < keys.size(); i += 2) {
        remove(expected[i] - 1);
        expected[i] = 0;
    }
    EXPECT_EQ(look_up(keys), expected);
    std::vector<Index> of_strangers;
    for (const SessionKey& key : strangers) of_strangers.push_back(add(key).value() + 1);
    EXPECT_EQ(look_up(keys), expected);
    EXPECT_EQ(look_up(strangers), of_strangers);
    for (std::size_t i = 1; i < keys.size(); i += 2) remove(expected[i] - 1);
    EXPECT_EQ(look_up(keys), std::vector<Index>(keys.size()));
    EXPECT_EQ(look_up(strangers), of_strangers);
}

TEST_F(SessionTableTest, TheSameHashIsNotTheSameKey) {
    const auto keys = neighbours(2);
    const auto index = add(keys[0]).value();
    const std::uint64_t hash = table_->hash(keys[0]);
    const std::array both{keys[1], keys[0]};
    const std::array hashes{hash, hash};
    std::array<Session*, 2> found{};
    table_->lookup(both, hashes, found);
    EXPECT_EQ(found[0], nullptr);
    EXPECT_EQ(found[1], &table_->at(index));
}

TEST_F(SessionTableTest, ARecordIsNotUsedAgainWhileAWorkerMayReadIt) {
    quiescence_->online(0);
    const auto begun = quiescence_->begun();
    for (std::uint32_t i = 0; i < table_->capacity(); ++i) ASSERT_TRUE(add(numbered(i)));
    const Index index = table_->find(numbered(3)).value();
    remove(index);
    EXPECT_EQ(look_up({numbered(3)}), std::vector<Index>{0});
    EXPECT_EQ(table_->at(index).key, numbered(3)) << "a worker may be about to compare it";
    EXPECT_EQ(table_->key_of(index), nullptr);
    EXPECT_FALSE(add(numbered(5'000)));
    quiescence_->quiescent(0, begun);
    table_->reclaim();
    EXPECT_FALSE(add(numbered(5'000))) << "that round began before the removal";
    quiescence_->quiescent(0, quiescence_->begun());
    table_->reclaim();
    EXPECT_EQ(add(numbered(5'000)), index);
    quiescence_->offline(0);
}

TEST_F(SessionTableTest, ReadersBesideTheWriterSeeWhatWasThereAllTheTime) {
    // All of a few lines, so that entries beside them and the ones elsewhere come and go.
    const auto keys = neighbours(80);
    const std::vector<SessionKey> lasting(keys.begin(), keys.begin() + 30),
        passing(keys.begin() + 30, keys.end());
    std::vector<Index> expected;
    std::vector<Index> present;
    for (std::size_t i = 0; i < lasting.size(); ++i) {
        present.push_back(add(passing[i]).value());
        expected.push_back(add(lasting[i]).value() + 1);
    }
    std::atomic<bool> ends{false};
    std::atomic<unsigned> looks{0}, missed{0}, wrong{0};
    std::thread reader([&] {
        quiescence_->online(0);
        while (!ends) {
            const auto begun = quiescence_->begun();
            missed += look_up(lasting) != expected ? 1 : 0;
            const auto found = look_up(passing);
            for (std::size_t i = 0; i < found.size(); ++i)
                wrong += found[i] != 0 && table_->at(found[i] - 1).key != passing[i] ? 1 : 0;
            ++looks;
            quiescence_->quiescent(0, begun);
        }
        quiescence_->offline(0);
    });
    std::mt19937 random(2);
    for (int turn = 0; turn < 20'000 || looks < 100; ++turn) {
        if (!present.empty()) {
            const std::size_t i = random() % present.size();
            remove(present[i]);
            present.erase(present.begin() + static_cast<std::ptrdiff_t>(i));
        }
        while (present.size() < 30) {
            const SessionKey& key = passing[random() % passing.size()];
            if (table_->find(key)) continue;
            if (const auto index = add(key))
                present.push_back(*index);
            else
                table_->reclaim();
        }
    }
    ends = true;
    reader.join();
    EXPECT_EQ(missed, 0U) << "of " << looks << " looks";
    EXPECT_EQ(wrong, 0U) << "a session of another key";
}

class SessionIndexTest : public testing::Test {
  protected:
    SessionIndexTest() { start_eal(); }
    [[nodiscard]] static std::vector<std::uint32_t> all(SessionIndex::Matches matches) {
        std::vector<std::uint32_t> numbers;
        for (; matches.more(); matches.next()) numbers.push_back(matches.number());
        if (matches.number() != 0) numbers.push_back(matches.number());
        return numbers;
    }
};

TEST_F(SessionIndexTest, LeadsToAllOfAHashOneAfterTheOther) {
    using Numbers = std::vector<std::uint32_t>;
    for (const std::uint64_t hash :
         {std::uint64_t{0}, std::uint64_t{7}, ~std::uint64_t{0}, std::uint64_t{1} << 63})
        for (const std::uint32_t capacity : {3U, 4U, 15U, 16U, 1'000U, 65'535U, 65'536U}) {
            const auto index = std::make_unique<SessionIndex>(SessionIndex::create(capacity).value());
            EXPECT_EQ(all(index->find(hash)), Numbers{});
            for (const std::uint32_t number : {1U, capacity, 2U}) EXPECT_TRUE(index->add(hash, number));
            EXPECT_EQ(all(index->find(hash)), (Numbers{1, capacity, 2})) << capacity;
            EXPECT_TRUE(index->remove(hash, 1));
            EXPECT_FALSE(index->remove(hash, 1));
            EXPECT_EQ(all(index->find(hash)), (Numbers{capacity, 2}));
            EXPECT_TRUE(index->remove(hash, 2));
            EXPECT_TRUE(index->remove(hash, capacity));
            EXPECT_EQ(all(index->find(hash)), Numbers{});
        }
}

TEST_F(SessionIndexTest, ALineHoldsFifteen) {
    auto index = SessionIndex::create(64).value();
    for (std::uint32_t number = 1; number <= 15; ++number) EXPECT_TRUE(index.add(0, number));
    EXPECT_FALSE(index.add(0, 16));
    EXPECT_FALSE(index.find(0).overflowed());
    index.count_overflow(0);
    EXPECT_TRUE(index.find(0).overflowed());
    index.uncount_overflow(0);
    EXPECT_FALSE(index.find(0).overflowed());
    EXPECT_TRUE(index.remove(0, 9));
    EXPECT_TRUE(index.add(0, 16));
    EXPECT_EQ(all(index.find(0)).size(), 15U);
}

/// So many that tags have few bits, and sessions of one line share them.
class LargeSessionTableTest : public SessionTableTest {
  protected:
    LargeSessionTableTest() : SessionTableTest(1U << 22) {}
};

TEST_F(LargeSessionTableTest, ReadersSeeWhatWasThereThoughOthersOfItsTagComeAndGo) {
    // What the table makes of a hash: one of 2^19 lines by its lower half, and nine bits of the upper half.
    // (Of 2^19 and one, in fact, which among the first of them makes little difference.)
    std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> places;
    std::vector<std::uint32_t> together;
    for (std::uint32_t i = 0; together.empty(); ++i) {
        const std::uint64_t hash = table_->hash(numbered(i));
        const std::uint64_t low = hash & 0xffffffff;
        if (low >= 1U << 26) continue;
        auto& numbers = places[low >> 13 | hash >> 55 << 32];
        numbers.push_back(i);
        if (numbers.size() == 3) together = numbers;
    }
    // A lasting one behind the place of two that come and go.
    std::optional<Index> first = add(numbered(together[0]));
    const Index expected = add(numbered(together[1])).value();
    const std::vector<SessionKey> lasting(burst_size, numbered(together[1]));
    const std::vector<Index> all(burst_size, expected + 1);
    std::atomic<bool> ends{false};
    std::atomic<unsigned> looks{0}, missed{0};
    std::thread reader([&] {
        quiescence_->online(0);
        while (!ends) {
            const auto begun = quiescence_->begun();
            missed += look_up(lasting) != all ? 1 : 0;
            ++looks;
            quiescence_->quiescent(0, begun);
        }
        quiescence_->offline(0);
    });
    for (unsigned turn = 0; turn < 200'000 || looks < 60'000; ++turn) {
        if (first) {
            remove(*first);
            first.reset();
        } else {
            first = add(numbered(together[turn % 4 == 1 ? 2 : 0]));
            ASSERT_TRUE(first);
        }
    }
    ends = true;
    reader.join();
    EXPECT_EQ(missed, 0U) << "of " << looks << " looks";
}

}  // namespace
}  // namespace honeyswitch::dataplane
