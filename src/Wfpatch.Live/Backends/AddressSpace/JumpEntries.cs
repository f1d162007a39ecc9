// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Backends.AddressSpace;

/// <summary>Backend aspace: each function begins with a jump to its new version, in views.</summary>
internal sealed class JumpEntries(Target target, IMemory original, List<Refusal> refusals) : IEntryPlanner
{
    public TargetState Plan(ObjectPlan plans, TargetState planned, AddressRange newCode)
    {
        var (part, loaded) = (plans.Part, plans.Loaded);
        var entries = planned.Entries.ToBuilder();
        var branches = ObjectBranches.In(loaded, original);
        foreach (var found in plans.Match!.Functions.Where(f => part.OldFunctions[f.OldFunction].Role == OldFunctionRole.Replaced))
        {
            var at = found.Running.Entry;
            string name = part.OldFunctions[found.OldFunction].Name;
            if (entries.Any(e => e.Entry == at))
            {
                continue;
            }
            if (AddedCode.FindObstacle(planned, at, name) is { } added)
            {
                refusals.Add(added);
                continue;
            }
            var function = loaded.UnwindTable!.Functions.First(f => f.Start == at);
            // As it is in generation 0, which is what a view begins as.
            var code = target.Memory.Read(at, EntryJump.LookedAt) ?? throw new TargetAccessException($"reading {name}", Linux.Errno.Fault);
            var (entry, refusal) = EntryJump.Plan(name, function, code, loaded.UnwindTable.Functions, newCode, branches);
            if (entry is null)
            {
                refusals.Add(refusal!);
                continue;
            }
            entries.Add(entry);
        }
        return planned with { Entries = entries.ToImmutable() };
    }

    public IEnumerable<CodeWrite> Code(TargetState planned) => [];
}
