// Checks that proto/ is a true subset of what is published: every message,
// field, enum value and method of ours has the name, number, type and label
// that CRI, kubelet's PodsAPI and Kubernetes' API give it.
//
//   cri_subset NEWEST OLDEST     descriptor sets of the published files (run.sh makes them)
//
// Ours may hold what the oldest CRI does not have yet, but nothing that the
// newest lacks.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "cri.pb.h"
#include "kube.pb.h"
#include "pods_api.pb.h"

namespace {

namespace pb = google::protobuf;

// The files of a descriptor set.
class Published {
 public:
  explicit Published(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    pb::FileDescriptorSet set;
    if (!set.ParseFromIstream(&file)) std::cerr << path << " is no descriptor set\n";
    // Imports come before what imports them.
    for (const pb::FileDescriptorProto& proto : set.file()) pool_.BuildFile(proto);
  }
  const pb::FileDescriptor* File(const std::string& path) const { return pool_.FindFileByName(path); }

 private:
  pb::DescriptorPool pool_;
};

class Comparison {
 public:
  // `files` is where a message or enum is looked for by its plain name: a
  // schema of ours may join what is published in several packages.
  Comparison(std::string what, std::vector<const pb::FileDescriptor*> files, bool may_lack)
      : what_(std::move(what)), files_(std::move(files)), may_lack_(may_lack) {}

  void Compare(const pb::FileDescriptor& ours) {
    for (int i = 0; i < ours.message_type_count(); ++i) CompareMessage(*ours.message_type(i));
    for (int i = 0; i < ours.enum_type_count(); ++i) CompareEnum(*ours.enum_type(i));
    for (int i = 0; i < ours.service_count(); ++i) CompareService(*ours.service(i));
    std::cout << what_ << ": " << compared_ << " compared, " << lacking_ << " not there yet, " << problems_
              << " wrong\n";
  }
  int problems() const { return problems_; }

 private:
  template <typename Descriptor>
  const Descriptor* Find(const std::string& name,
                         const Descriptor* (pb::FileDescriptor::*find)(const std::string&) const) {
    for (const pb::FileDescriptor* file : files_) {
      if (const Descriptor* found = (file->*find)(name)) return found;
    }
    return nullptr;
  }

  void CompareMessage(const pb::Descriptor& ours) {
    const pb::Descriptor* theirs = Find(ours.name(), &pb::FileDescriptor::FindMessageTypeByName);
    if (theirs == nullptr) return Lacks(ours.full_name());
    for (int i = 0; i < ours.field_count(); ++i) CompareField(*ours.field(i), *theirs);
  }

  void CompareField(const pb::FieldDescriptor& ours, const pb::Descriptor& message) {
    const std::string& name = ours.full_name();
    const pb::FieldDescriptor* theirs = message.FindFieldByName(ours.name());
    if (theirs == nullptr) {
      if (message.FindFieldByNumber(ours.number()) != nullptr)
        return Wrong(name, "its number is another field's");
      return Lacks(name);
    }
    ++compared_;
    if (ours.number() != theirs->number()) Wrong(name, "number");
    if (ours.is_repeated() != theirs->is_repeated()) Wrong(name, "label");
    if (TypeOf(ours) != TypeOf(*theirs) && !SameOnTheWire(ours, *theirs))
      Wrong(name, "type: ours " + TypeOf(ours) + ", published " + TypeOf(*theirs));
  }

  // A string that need not be UTF-8 is bytes to a C++ parser.
  static bool SameOnTheWire(const pb::FieldDescriptor& ours, const pb::FieldDescriptor& theirs) {
    return ours.full_name() == "runtime.v1.KeyValue.value" && TypeOf(ours) == "bytes" &&
           TypeOf(theirs) == "string";
  }

  static std::string TypeOf(const pb::FieldDescriptor& field) {
    if (field.is_map())
      return "map<" + TypeOf(*field.message_type()->map_key()) + ", " +
             TypeOf(*field.message_type()->map_value()) + ">";
    if (field.message_type() != nullptr) return field.message_type()->name();
    if (field.enum_type() != nullptr) return field.enum_type()->name();
    return field.type_name();
  }

  void CompareEnum(const pb::EnumDescriptor& ours) {
    const pb::EnumDescriptor* theirs = Find(ours.name(), &pb::FileDescriptor::FindEnumTypeByName);
    if (theirs == nullptr) return Lacks(ours.full_name());
    for (int i = 0; i < ours.value_count(); ++i) {
      const pb::EnumValueDescriptor* value = theirs->FindValueByName(ours.value(i)->name());
      if (value == nullptr) {
        Lacks(ours.value(i)->full_name());
        continue;
      }
      ++compared_;
      if (value->number() != ours.value(i)->number()) Wrong(ours.value(i)->full_name(), "number");
    }
  }

  void CompareService(const pb::ServiceDescriptor& ours) {
    const pb::ServiceDescriptor* theirs = Find(ours.name(), &pb::FileDescriptor::FindServiceByName);
    if (theirs == nullptr || theirs->full_name() != ours.full_name()) return Lacks(ours.full_name());
    for (int i = 0; i < ours.method_count(); ++i) {
      const pb::MethodDescriptor& mine = *ours.method(i);
      const pb::MethodDescriptor* method = theirs->FindMethodByName(mine.name());
      if (method == nullptr) {
        Lacks(mine.full_name());
        continue;
      }
      ++compared_;
      if (mine.input_type()->name() != method->input_type()->name()) Wrong(mine.full_name(), "request");
      if (mine.output_type()->name() != method->output_type()->name()) Wrong(mine.full_name(), "response");
      if (mine.client_streaming() != method->client_streaming() ||
          mine.server_streaming() != method->server_streaming())
        Wrong(mine.full_name(), "streaming");
    }
  }

  void Lacks(const std::string& name) {
    if (!may_lack_) return Wrong(name, "not published");
    ++lacking_;
    std::cout << what_ << ": " << name << " is not there yet\n";
  }
  void Wrong(const std::string& name, const std::string& problem) {
    ++problems_;
    std::cout << what_ << ": " << name << ": " << problem << "\n";
  }

  const std::string what_;
  const std::vector<const pb::FileDescriptor*> files_;
  const bool may_lack_;
  int compared_ = 0;
  int lacking_ = 0;
  int problems_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: cri_subset NEWEST OLDEST\n";
    return 2;
  }
  const Published newest(argv[1]);
  const Published oldest(argv[2]);
  const std::string cri_file = "k8s.io/cri-api/pkg/apis/runtime/v1/api.proto";
  const pb::FileDescriptor* new_cri = newest.File(cri_file);
  const pb::FileDescriptor* old_cri = oldest.File(cri_file);
  const pb::FileDescriptor* pods_api = newest.File("k8s.io/kubelet/pkg/apis/pods/v1alpha1/api.proto");
  const pb::FileDescriptor* core = newest.File("k8s.io/api/core/v1/generated.proto");
  const pb::FileDescriptor* batch = newest.File("k8s.io/api/batch/v1/generated.proto");
  const pb::FileDescriptor* meta = newest.File("k8s.io/apimachinery/pkg/apis/meta/v1/generated.proto");
  const pb::FileDescriptor* intstr = newest.File("k8s.io/apimachinery/pkg/util/intstr/generated.proto");
  for (const pb::FileDescriptor* file : {new_cri, old_cri, pods_api, core, batch, meta, intstr}) {
    if (file != nullptr) continue;
    std::cerr << "a published file is missing from the descriptor sets\n";
    return 1;
  }
  const pb::FileDescriptor& our_cri = *runtime::v1::VersionRequest::descriptor()->file();
  Comparison comparisons[] = {{"CRI 0.37.0", {new_cri}, false},
                              {"CRI 0.26.0", {old_cri}, true},
                              {"PodsAPI 0.37.2", {pods_api}, false},
                              {"core/v1 0.37.2", {core, batch, meta, intstr}, false}};
  comparisons[0].Compare(our_cri);
  comparisons[1].Compare(our_cri);
  comparisons[2].Compare(*v1alpha1::GetPodRequest::descriptor()->file());
  comparisons[3].Compare(*k8s::io::api::core::v1::Pod::descriptor()->file());
  int problems = 0;
  for (const Comparison& comparison : comparisons) problems += comparison.problems();
  return problems == 0 ? 0 : 1;
}
