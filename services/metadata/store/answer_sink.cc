#include "services/metadata/store/answer_sink.h"

namespace cvr {
namespace {

thread_local AnswerSink* current = nullptr;

}  // namespace

AnswerSink* AnswerSink::Current() { return current; }

void AnswerSink::SetCurrent(AnswerSink* sink) { current = sink; }

}  // namespace cvr
