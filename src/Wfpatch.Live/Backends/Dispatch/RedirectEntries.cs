// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Refusals;
using Wfpatch.Core.X86;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Backends.Dispatch;

/// <summary>Backend dispatch: each function gets a redirect to a trampoline, once for all patches.</summary>
/// <param name="known">How many redirects the target has already.</param>
internal sealed class RedirectEntries(Target target, IMemory original, AddressSpaceMap space, int known, List<Refusal> refusals) : IEntryPlanner
{
    public TargetState Plan(ObjectPlan plans, TargetState planned, AddressRange newCode)
    {
        var (part, loaded) = (plans.Part, plans.Loaded);
        var redirects = planned.Redirects.ToBuilder();
        foreach (var found in plans.Match!.Functions.Where(f => part.OldFunctions[f.OldFunction].Role == OldFunctionRole.Replaced))
        {
            var entry = found.Running.Entry;
            string name = part.OldFunctions[found.OldFunction].Name;
            if (planned.FindRedirect(entry) is >= 0 and var existing && existing < known)
            {
                if (!planned.Redirects[existing].Plan.CanReach(newCode))
                {
                    refusals.Add(RedirectRefusals.NoPlace.About(name, $"The trampoline that {name} got from an earlier patch does not reach the new code at {newCode}."));
                }
                continue;
            }
            if (AddedCode.FindObstacle(planned, entry, name) is { } added)
            {
                refusals.Add(added);
                continue;
            }
            var function = loaded.UnwindTable!.Functions.First(f => f.Start == entry);
            int length = (int)Math.Max(function.Length, EntryCode.CodeBytes);
            var code = original.Read(entry, length) ?? throw new TargetAccessException($"reading {name}", Linux.Errno.Fault);
            var (plan, refusal) = RedirectPlanner.Plan(name, function, code, space, DispatchTrampoline.Length, newCode, Means(), ObjectBranches.In(loaded, original));
            if (plan is null)
            {
                refusals.Add(refusal!);
                continue;
            }
            redirects.Add(new RedirectState(name, function, plan, Slot: -1, Bank: 1));
        }
        return planned with { Redirects = redirects.ToImmutable() };
    }

    public IEnumerable<CodeWrite> Code(TargetState planned)
    {
        var plans = planned.Redirects.Skip(known).Select(r => r.Plan).ToList();
        return plans.Select(DispatchTrampoline.Initial).Concat(plans.SelectMany(p => p.All.SkipLast(1)).Select(PassTrampoline.Initial));
    }

    private RedirectMeans Means() =>
        (target.Linux.CanSerializeProcessors ? RedirectMeans.Evict : RedirectMeans.None)
        | (target.Proc.HasShadowStacks ? RedirectMeans.None : RedirectMeans.PushReturn);
}
