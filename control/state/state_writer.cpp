#include "control/state/state_writer.hpp"

#include <utility>

namespace honeyswitch::control {

StateWriter::StateWriter(std::filesystem::path file) : path_(std::move(file)) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

StateWriter::~StateWriter() {
    thread_.request_stop();
    thread_.join();
}

void StateWriter::begin() {
    hand_over({What::begin});
}

void StateWriter::put(StateBytes bytes) {
    hand_over({What::bytes, std::move(bytes)});
}

void StateWriter::end() {
    hand_over({What::end});
}

void StateWriter::hand_over(Piece piece) {
    const std::scoped_lock lock(mutex_);
    waiting_ += piece.bytes.size();
    if (piece.what == What::end) ++under_way_;
    pieces_.push_back(std::move(piece));
    wakeup_.notify_one();
}

bool StateWriter::has_room() const {
    const std::scoped_lock lock(mutex_);
    return waiting_ < most_waiting;
}

std::optional<StateWritten> StateWriter::take(bool wait) {
    std::unique_lock lock(mutex_);
    if (wait) done_.wait(lock, [this] { return under_way_ == 0; });
    if (results_.empty()) return std::nullopt;
    auto result = std::move(results_.front());
    results_.pop_front();
    return result;
}

void StateWriter::run(const std::stop_token& stop) {
    while (true) {
        Piece piece{};
        {
            std::unique_lock lock(mutex_);
            wakeup_.wait(lock, stop, [this] { return !pieces_.empty(); });
            if (pieces_.empty()) return;
            piece = std::move(pieces_.front());
            pieces_.pop_front();
            waiting_ -= piece.bytes.size();
        }
        handle(piece);
    }
}

/// After a failure the rest of the file is passed over.
void StateWriter::handle(const Piece& piece) {
    const auto note = [this](const auto& done) {
        if (!done) writing_.failure = done.error();
    };
    if (piece.what == What::begin) {
        writing_ = {};
        auto begun = ReplacedFile::begin(path_);
        note(begun);
        file_ = begun ? std::optional(std::move(*begun)) : std::nullopt;
        return;
    }
    if (piece.what == What::bytes) {
        if (writing_.failure.empty() && file_) note(file_->write(piece.bytes));
        writing_.bytes += piece.bytes.size();
        return;
    }
    if (writing_.failure.empty() && file_) note(file_->finish());
    file_.reset();
    const std::scoped_lock lock(mutex_);
    results_.push_back(std::exchange(writing_, {}));
    --under_way_;
    done_.notify_all();
}

}  // namespace honeyswitch::control
