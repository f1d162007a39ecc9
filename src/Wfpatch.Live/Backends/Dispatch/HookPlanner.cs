// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Backends.Dispatch;

/// <summary>Plans the hooks of a transition: the start routine of threads and the guards of system calls always, the points of a profile, and for
/// canaries the functions that create threads.</summary>
/// <param name="callbacks">Where what calls callbacks stands, or may stand one day.</param>
public sealed class HookPlanner(Target target, TargetState state, IMemory original, Address callbacks, List<Refusal> refusals)
{
    private readonly List<CodeWrite> _code = [];
    private bool _isForViews;

    /// <summary>The trampolines of hooks that are new.</summary>
    public IReadOnlyList<CodeWrite> Code => _code;

    /// <summary>All hooks of the state, those of this transition armed, and new ones behind them.</summary>
    /// <param name="changed">Entries of the functions that the transition replaces.</param>
    /// <param name="parts">The patch, through which points without a symbol are found; empty for a revert, which knows earlier hooks alone.</param>
    /// <param name="way">For canaries new threads get their creator's number. In views the kernel sees to that.</param>
    public ImmutableArray<HookState> Plan(
        Profile? profile, IReadOnlyCollection<Address> changed, IReadOnlyCollection<ObjectPlan> parts, AddressSpaceMap space, TransitionWay way)
    {
        var hooks = state.Hooks.Select(h => h with { IsArmed = false }).ToList();
        _isForViews = way.Backend == BackendKind.AddressSpace;
        if (!_isForViews)
        {
            AddThreadStart(hooks, space);
            if (way.Canaries > 0)
            {
                AddInheritance(hooks, space);
            }
        }
        AddCallGuards(hooks, space);
        foreach (var point in profile?.Points ?? [])
        {
            AddPoint(hooks, point, parts, space);
        }
        AddExplicit(hooks, profile?.Explicit ?? [], changed, space);
        return [.. hooks];
    }

    private void AddThreadStart(List<HookState> hooks, AddressSpaceMap space)
    {
        const string Name = "start_thread";
        if (hooks.FindIndex(h => h.Kind == HookKind.ThreadStart) is >= 0 and var known)
        {
            hooks[known] = Arm(hooks[known]);
            return;
        }
        if (StartRoutine.Find(target.Objects, original) is not { } start)
        {
            refusals.Add(TargetRefusals.LibcNotSupported.About(Name, "The function in which the C library starts threads was not found, so that threads that are born in the transition could not be told their generation."));
            return;
        }
        Add(hooks, Name, HookKind.ThreadStart, start, space);
    }

    private void AddInheritance(List<HookState> hooks, AddressSpaceMap space)
    {
        AddInheritance(hooks, "clone", HookKind.Clone, CloneRoutines.FindClone(target.Objects), space);
        // A C library without clone3 calls clone alone.
        if (CloneRoutines.FindClone3(target.Objects, original) is { } clone3)
        {
            AddInheritance(hooks, "clone3", HookKind.Clone3, clone3, space);
        }
    }

    private void AddInheritance(List<HookState> hooks, string name, HookKind kind, AddressRange? function, AddressSpaceMap space)
    {
        if (hooks.FindIndex(h => h.Kind == kind) is >= 0 and var known)
        {
            hooks[known] = hooks[known] with { IsArmed = true };
            return;
        }
        if (function is not { } found)
        {
            refusals.Add(TargetRefusals.LibcNotSupported.About(name, $"The C library's {name} was not found, so that threads that a canary creates could not follow it."));
            return;
        }
        int length = (int)found.Length + EntryCode.CodeBytes;
        var code = original.Read(found.Start, length) ?? throw new TargetAccessException($"reading {name}", Linux.Errno.Fault);
        var (plan, refusal) = RedirectPlanner.PlanHook(name, found, code, space, InheritanceTrampoline.Length);
        if (plan is null || !CloneRoutines.AreScratchRegistersFree(original, found, plan.Entry))
        {
            refusals.Add(refusal ?? TargetRefusals.LibcNotSupported.About(name, $"The C library's {name} is not as known: at {plan!.Entry} registers that a hook needs are in use."));
            return;
        }
        hooks.Add(new HookState(name, kind, found, plan, IsArmed: true, Set: 0));
        _code.Add(InheritanceTrampoline.Initial(plan, kind == HookKind.Clone3));
    }

    // Where no guard can be planned the call goes without: it is only needed if the controller is killed in the middle of a visit.
    private void AddCallGuards(List<HookState> hooks, AddressSpaceMap space)
    {
        foreach (var (site, errorPath) in GuardedCalls.Find(target.Objects, original))
        {
            if (hooks.FindIndex(h => h.Kind == HookKind.CallGuard && h.Function.Start == site.ErrorPath) is >= 0 and var known)
            {
                hooks[known] = Arm(hooks[known]);
            }
            else if (original.Read(site.ErrorPath, (int)errorPath.Length + EntryCode.CodeBytes) is { } code
                && RedirectPlanner.Plan("", errorPath, code, space, CallGuardTrampoline.Length).Plan is { } plan)
            {
                hooks.Add(new HookState($"system call {site.Number}", HookKind.CallGuard, errorPath, plan, IsArmed: true, Set: 0));
                _code.Add(CallGuardTrampoline.Initial(plan, site));
            }
        }
    }

    private void AddExplicit(List<HookState> hooks, ImmutableArray<ExplicitPoint> points, IReadOnlyCollection<Address> changed, AddressSpaceMap space)
    {
        if (!points.IsEmpty && changed.FirstOrDefault(ExplicitPoints.FindBelow(target, points, original).Contains) is var below && below != Address.Zero)
        {
            refusals.Add(TransitionRefusals.BelowPoint.About($"{below}", $"The function at {below} is on the stack at a quiescence point that the program announces, or may be; use --policy stack."));
            return;
        }
        // A function that a patch has replaced is not run any more; the point in its new code is none that we know.
        foreach (var point in points.Where(p => !state.Redirects.Any(r => r.Slot >= 0 && r.Function.Contains(p.At)) && !IsReplacedInView(p.Function)))
        {
            if (hooks.FindIndex(h => h.Kind == HookKind.Point && h.Plan.Entry == point.At) is >= 0 and var known)
            {
                ArmPoint(hooks, known);
                continue;
            }
            var nop = AddressRange.OfLength(point.At, ExplicitPoint.InstructionLength);
            if (original.Read(point.At, EntryCode.CodeBytes) is not { } code || !code.AsSpan().StartsWith(ExplicitPoint.InstructionStart))
            {
                refusals.Add(TransitionRefusals.BadExplicitPoint.About(point.Name, $"The quiescence point {point.Name} at {point.At} is not the nop of include/wfpatch.h."));
            }
            else if (RedirectPlanner.PlanNop(nop, code, space, TrampolineLength) is not { } plan)
            {
                refusals.Add(RedirectRefusals.NoRoom.About(point.Name, $"No jump from the quiescence point {point.Name} at {point.At} leads to free memory."));
            }
            else
            {
                hooks.Add(new HookState(point.Name, HookKind.Point, point.Function, plan, IsArmed: true, Set: 0));
                _code.Add(HookTrampoline.Initial(plan, callbacks));
            }
        }
    }

    private void AddPoint(List<HookState> hooks, ProfilePoint point, IReadOnlyCollection<ObjectPlan> parts, AddressSpaceMap space)
    {
        if (hooks.FindIndex(h => h.Kind == HookKind.Point && h.Name == point.Function) is >= 0 and var known)
        {
            ArmPoint(hooks, known);
            return;
        }
        var place = point.Library.Length > 0 ? FindExported(target, point) : FindInPatch(point, parts);
        if (place is { } function)
        {
            if (IsReplacedInView(function))
            {
                RefuseReplaced(point.Function);
                return;
            }
            Add(hooks, point.Function, HookKind.Point, function, space);
            return;
        }
        refusals.Add(TransitionRefusals.PointNotFound.About(
            point.Function, $"The quiescence point {point.Function} is {(point.Library.Length > 0 ? $"not exported by {point.Library}" : "not in the patch file")}."));
    }

    private static AddressRange? FindInPatch(ProfilePoint point, IReadOnlyCollection<ObjectPlan> parts) => parts
        .SelectMany(p => p.Match!.Functions.Where(f => p.Part.OldFunctions[f.OldFunction] is { Role: not OldFunctionRole.Part } old && old.Name == point.Function))
        .Select(f => (AddressRange?)f.Running.Code)
        .FirstOrDefault();

    /// <summary>The function that a point's library exports, or null.</summary>
    public static AddressRange? FindExported(Target target, ProfilePoint point) => target.Objects
        .Where(o => o.FileName.StartsWith(point.Library, StringComparison.Ordinal))
        .SelectMany(o => o.Image.FindDynamicSymbols(point.Function).Where(s => s.IsDefined).Select(s => (o, Start: o.Image.ToMemory(s.Value))))
        .Select(f => f.o.UnwindTable is { } table && table.TryFind(f.Start, out var function) && function.Start == f.Start ? function : (AddressRange?)null)
        .FirstOrDefault();

    private void Add(List<HookState> hooks, string name, HookKind kind, AddressRange function, AddressSpaceMap space)
    {
        int length = (int)function.Length + EntryCode.CodeBytes;
        var code = original.Read(function.Start, length) ?? throw new TargetAccessException($"reading {name}", Linux.Errno.Fault);
        var (plan, refusal) = RedirectPlanner.PlanHook(name, function, code, space, TrampolineLength);
        if (plan is null)
        {
            refusals.Add(refusal!);
            return;
        }
        hooks.Add(new HookState(name, kind, function, plan, IsArmed: true, Set: 0));
        _code.Add(HookTrampoline.Initial(plan, callbacks));
    }

    private int TrampolineLength => _isForViews ? ViewHook.Length : HookTrampoline.Length;

    private void ArmPoint(List<HookState> hooks, int known)
    {
        var hook = hooks[known];
        if (_isForViews && IsReplacedInView(hook.Function))
        {
            RefuseReplaced(hook.Name);
        }
        else if (_isForViews && hook.Plan.TrampolineLength < ViewHook.Length)
        {
            refusals.Add(TransitionRefusals.NotWithViews.About(hook.Name, $"The quiescence point {hook.Name} was hooked by the backend dispatch before, and that hook leads into no view; use --policy stack."));
        }
        hooks[known] = Arm(hook);
    }

    /// <summary>A jump stands at its beginning in the views, or may after a revert; and the new code has no point that we know.</summary>
    private bool IsReplacedInView(AddressRange function) =>
        _isForViews && state.Entries.Any(e => e.Function.Overlaps(function) && state.VersionOf(e.Entry, state.Applied) is not null);

    private void RefuseReplaced(string point) =>
        refusals.Add(TransitionRefusals.NotWithViews.About(point, $"{point}, at whose beginning threads would go over to a view, was replaced by an earlier patch; use --policy stack."));

    private static HookState Arm(HookState hook) => hook with { IsArmed = true, Set = HookTrampoline.SetAfter(hook.Set) };
}
