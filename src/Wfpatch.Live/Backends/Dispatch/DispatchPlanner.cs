// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Linking;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Plans;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Refusals;
using Wfpatch.Core.X86;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Backends.Dispatch;

/// <summary>Turns a patch and a target into a <see cref="DispatchPlan"/>, or into all the reasons why not. Reads the target, changes nothing.</summary>
public sealed class DispatchPlanner
{
    /// <summary>Displacements whose highest byte is 00 to 02, or FD to FF, lead nearer than that: they are the frequent ones.</summary>
    private const long RegionMargin = 48L << 20;

    private readonly Target _target;
    private readonly TargetState _state;
    private readonly IMemory _original;
    private readonly List<Refusal> _refusals = [];

    /// <param name="state">The journaled state, or an empty one.</param>
    public DispatchPlanner(Target target, TargetState state)
    {
        _target = target;
        _state = state;
        _original = OriginalCode.View(target.Memory, state);
    }

    /// <summary>Plans an apply. Either a plan, or at least one refusal.</summary>
    /// <param name="profile">Whose points are hooked; null: none.</param>
    /// <param name="canaries">Not 0: for so many threads alone.</param>
    public (DispatchPlan? Plan, ImmutableArray<Refusal> Refusals) PlanApply(Patch patch, Profile? profile, string policy, int canaries = 0)
    {
        if (patch.Objects.Length != 1)
        {
            return (null, [TargetRefusals.ObjectNotLoaded.About(patch.Name, $"{patch.Name} changes {patch.Objects.Length} programs and libraries at once, which is not supported yet.")]);
        }
        var part = patch.Objects[0];
        if (FindObject(part) is not { } loaded || loaded.UnwindTable is not { } table)
        {
            return (null, [.. _refusals]);
        }
        var candidates = RunningFunctions(table.Functions);
        var (match, mismatches) = RunPreMatcher.Match(part, candidates, _original, loaded.Image);
        if (match is null)
        {
            return (null, mismatches);
        }
        int existing = FindImage(patch);
        var image = existing >= 0 ? _state.Images[existing] : null;
        var region = image is not null ? new RegionChoice(_state.Regions, default, image.Range.Start) : ChooseRegion(loaded, part);
        if (region is null)
        {
            return (null, [.. _refusals]);
        }
        var space = BuildSpace(region.NewRegion);
        var redirects = PlanRedirects(part, match, loaded, space, RegionOf(region));
        var hookPlanner = new HookPlanner(_target, _state, _original, _refusals);
        var hooks = hookPlanner.Plan(profile, ReplacedEntries(part, match), part, match, space, canaries > 0);
        var head = region.Regions[0].Range.Start + JournalLayout.FrameIndexOffset;
        var unwinderPlanner = new UnwinderPlanner(_target, _state, _original, _refusals);
        var unwinders = unwinderPlanner.Plan(part, space, head);
        var linked = image is null ? Link(part, match, loaded, region.Start) : null;
        if (_refusals.Count > 0)
        {
            return (null, [.. _refusals]);
        }
        image ??= DescribeImage(patch, part, match, linked!, loaded);
        return Compose(patch, (policy, canaries), region, space, redirects, (hooks, unwinders, [.. hookPlanner.Code, .. unwinderPlanner.Code]), image, existing, linked);
    }

    /// <summary>Plans a revert of an image that is in force.</summary>
    public (DispatchPlan? Plan, ImmutableArray<Refusal> Refusals) PlanRevert(int image, Profile? profile, string policy)
    {
        var space = BuildSpace(default);
        var hookPlanner = new HookPlanner(_target, _state, _original, _refusals);
        var hooks = hookPlanner.Plan(profile, [.. _state.Images[image].Functions.Select(f => f.Entry)], null, null, space);
        var unwinderPlanner = new UnwinderPlanner(_target, _state, _original, _refusals);
        var unwinders = unwinderPlanner.Plan(null, space, _state.FrameIndexHead);
        if (_refusals.Count > 0)
        {
            return (null, [.. _refusals]);
        }
        var region = new RegionChoice(_state.Regions, default, default);
        var state = _state with { Hooks = hooks, Unwinders = unwinders };
        return Finish(region, space, state, TransitionKind.Revert, image, (policy, 0), [.. hookPlanner.Code, .. unwinderPlanner.Code]);
    }

    private static IReadOnlyCollection<Address> ReplacedEntries(ObjectPatch part, Match match) =>
        [.. match.Functions.Where(f => part.OldFunctions[f.OldFunction].Role == OldFunctionRole.Replaced).Select(f => f.Running.Entry)];

    private LoadedObject? FindObject(ObjectPatch part)
    {
        string name = part.ObjectName.Length == 0 ? "the main program" : part.ObjectName;
        var found = part.ObjectName.Length == 0 ? _target.Objects.FirstOrDefault() : _target.Objects.FirstOrDefault(o => IsNamed(o, part.ObjectName));
        if (found is null)
        {
            _refusals.Add(TargetRefusals.ObjectNotLoaded.About(name, $"{name} is not loaded in process {_target.Process}."));
            return null;
        }
        if (part.BuildId is { } wanted && found.Image.BuildId != wanted)
        {
            _refusals.Add(TargetRefusals.BuildIdDiffers.About(
                name, $"{name} has build-id {found.Image.BuildId ?? "none"} in process {_target.Process}, the patch was built for {wanted}."));
            return null;
        }
        if (found.UnwindTable is null)
        {
            _refusals.Add(FileRefusals.NoUnwindTable.About(name, $"{name} has no unwind table, by which its functions are found."));
            return null;
        }
        return found;
    }

    private static bool IsNamed(LoadedObject loaded, string name) =>
        loaded.FileName == name || loaded.FileName.StartsWith(name + ".", StringComparison.Ordinal);

    /// <summary>Every function as it is in force now.</summary>
    private ImmutableArray<RunningFunction> RunningFunctions(ImmutableArray<AddressRange> functions)
    {
        var current = _state.Redirects
            .Select(r => (r.Plan.Entry, Image: _state.VersionOf(r.Plan.Entry, _state.Applied)))
            .Where(r => r.Image is not null)
            .ToDictionary(r => r.Entry, r => r.Image!.Functions.First(f => f.Entry == r.Entry).New);
        // A part of a function that is replaced is none of the program's any more; its new version's part is.
        var inForce = _state.Applied.Select(a => _state.Images[a.Image]).ToList();
        var goneParts = inForce.SelectMany(i => i.OldParts).ToHashSet();
        var newParts = inForce.SelectMany(i => i.Added).Where(a => a.IsPart).Select(a => a.Code);
        return
        [
            .. functions.Where(f => !current.ContainsKey(f.Start)).Concat(newParts).Where(f => !goneParts.Contains(f)).Select(f => new RunningFunction(f, f.Start)),
            .. current.Select(c => new RunningFunction(c.Value, c.Key)),
        ];
    }

    private int FindImage(Patch patch)
    {
        for (int i = 0; i < _state.Images.Length; i++)
        {
            if (_state.Images[i].PatchId == patch.Id)
            {
                return i;
            }
        }
        return -1;
    }

    private sealed record RegionChoice(ImmutableArray<RegionState> Regions, AddressRange NewRegion, Address Start);

    private RegionChoice? ChooseRegion(LoadedObject loaded, ObjectPatch part)
    {
        const ulong ImageAlignment = 64;
        var size = PatchLinker.Measure(part);
        ulong alignment = Math.Max(ImageAlignment, (ulong)size.Alignment);
        for (int i = 0; i < _state.Regions.Length; i++)
        {
            var region = _state.Regions[i];
            var start = (region.Range.Start + (long)region.Used).AlignUp(alignment);
            bool isNear = Math.Abs(start - loaded.Image.Range.Start) < int.MaxValue / 2;
            if (isNear && start + size.Bytes <= region.Range.End)
            {
                var used = region with { Used = (ulong)(start + size.Bytes - region.Range.Start) };
                return new RegionChoice(_state.Regions.SetItem(i, used), default, start);
            }
        }
        bool isFirst = _state.Regions.IsEmpty;
        int before = isFirst ? JournalLayout.CodeOffset : 0;
        long length = (long)new Address((ulong)Math.Max(JournalLayout.RegionLength, before + size.Bytes + (int)alignment)).AlignUp(Address.PageSize).Value;
        var unused = isFirst ? TargetJournal.FindUnused(_target.Mappings, _target.Memory) : null;
        var range = unused is { } left && (long)left.Length >= length ? left : BuildSpace(default).FindFree(loaded.Image.Range, length, RegionMargin);
        if (range is not { } found)
        {
            _refusals.Add(RedirectRefusals.NoPlace.About(loaded.FileName, $"There are no {length} bytes of free memory within 2 GiB of {loaded.FileName}."));
            return null;
        }
        var at = (found.Start + before).AlignUp(alignment);
        return new RegionChoice(_state.Regions.Add(new RegionState(found, (ulong)(at + size.Bytes - found.Start))), found, at);
    }

    /// <summary>The whole region, so that trampolines reach what later patches put there too.</summary>
    private static AddressRange RegionOf(RegionChoice choice) => choice.Regions.First(r => r.Range.Contains(choice.Start)).Range;

    private AddressSpaceMap BuildSpace(AddressRange newRegion)
    {
        // What grows is not built over: the stack as far as it may, the heap for its next step (M_TOP_PAD). Beyond, brk fails when it
        // meets a page of ours, and malloc takes its memory from mmap; a wider margin would cost redirects.
        const long HeapGrowth = 128L << 10, StackGrowth = 16L << 20;
        var taken = _target.Mappings.Select(m => m.Path switch
        {
            "[heap]" => new AddressRange(m.Range.Start, m.Range.End + HeapGrowth),
            "[stack]" => new AddressRange(m.Range.Start - StackGrowth, m.Range.End),
            _ => m.Range,
        });
        // A page may have been journaled and never mapped, and something else may lie there now.
        var pages = _state.TrampolinePages.Where(p => _target.Mappings.Any(m => m.Range.Contains(p) && TargetJournal.MayBeOurs(m)));
        return new AddressSpaceMap(
            taken.Append(newRegion),
            pages,
            _state.Redirects.Select(r => r.Plan).Concat(_state.Hooks.Select(h => h.Plan)).Concat(_state.Unwinders.Select(u => u.Plan)));
    }

    private ImmutableArray<RedirectState> PlanRedirects(ObjectPatch part, Match match, LoadedObject loaded, AddressSpaceMap space, AddressRange newCode)
    {
        var redirects = _state.Redirects.ToBuilder();
        foreach (var found in match.Functions.Where(f => part.OldFunctions[f.OldFunction].Role == OldFunctionRole.Replaced))
        {
            var entry = found.Running.Entry;
            string name = part.OldFunctions[found.OldFunction].Name;
            if (_state.FindRedirect(entry) is >= 0 and var existing)
            {
                if (!_state.Redirects[existing].Plan.CanReach(newCode))
                {
                    _refusals.Add(RedirectRefusals.NoPlace.About(name, $"The trampoline that {name} got from an earlier patch does not reach the new code at {newCode}."));
                }
                continue;
            }
            var function = loaded.UnwindTable!.Functions.First(f => f.Start == entry);
            int length = (int)Math.Max(function.Length, EntryCode.CodeBytes);
            var code = _original.Read(entry, length) ?? throw new TargetAccessException($"reading {name}", Linux.Errno.Fault);
            var (plan, refusal) = RedirectPlanner.Plan(name, function, code, space, DispatchTrampoline.Length, newCode, Means(), BranchesIn(loaded));
            if (plan is null)
            {
                _refusals.Add(refusal!);
                continue;
            }
            redirects.Add(new RedirectState(name, function, plan, Slot: -1, Bank: 1));
        }
        return redirects.ToImmutable();
    }

    private RedirectMeans Means() =>
        (_target.Linux.CanSerializeProcessors ? RedirectMeans.Evict : RedirectMeans.None)
        | (_target.Proc.HasShadowStacks ? RedirectMeans.None : RedirectMeans.PushReturn);

    /// <summary>All code of one program or library: displacements lead from nowhere else into it.</summary>
    private BranchSearch BranchesIn(LoadedObject loaded) => (into, function) => loaded.Image.Segments.Where(s => s.IsExecutable)
        .Select(s => _original.Read(s.Range.Start, (int)s.Range.Length) is { } code ? BranchScan.Find(code, s.Range.Start, into, function) : s.Range.Start)
        .FirstOrDefault(found => found is not null);

    private LinkedImage? Link(ObjectPatch part, Match match, LoadedObject loaded, Address start)
    {
        var resolver = new SymbolResolver(_target.Memory, loaded.Image, _target.Objects.Select(o => o.Image));
        var (linked, refusals) = PatchLinker.Link(part, start, match, resolver, _state.FrameIndex);
        _refusals.AddRange(refusals);
        return linked;
    }

    private static ImageState DescribeImage(Patch patch, ObjectPatch part, Match match, LinkedImage linked, LoadedObject loaded)
    {
        var places = match.Functions.ToDictionary(f => f.OldFunction, f => f.Running);
        var functions = part.Replacements.Select(r =>
        {
            var symbol = part.Symbols[r.NewSymbol];
            var running = places[r.OldFunction];
            return new ReplacedFunction(
                part.OldFunctions[r.OldFunction].Name, running.Entry, running.Code,
                AddressRange.OfLength(linked.SymbolAddresses[r.NewSymbol], (long)symbol.Size));
        });
        var parts = match.Functions.Where(f => part.OldFunctions[f.OldFunction].Role == OldFunctionRole.Part).Select(f => f.Running.Code);
        return new ImageState(
            patch.Id, patch.Name, loaded.FileName, AddressRange.OfLength(linked.Start, linked.Bytes.Length), linked.UnwindTable, [.. functions], [.. parts])
        {
            Checksum = Fnv1a.Compute(linked.Bytes.Span),
            FrameIndex = linked.FrameIndex,
            Data = linked.Data,
            Added = AddedFunctions(part, linked),
        };
    }

    private static ImmutableArray<NewFunction> AddedFunctions(ObjectPatch part, LinkedImage linked)
    {
        var replacing = part.Replacements.Select(r => r.NewSymbol).ToHashSet();
        return
        [
            .. linked.SymbolAddresses.OrderBy(s => s.Value)
                .Where(s => part.Symbols[s.Key].Kind == PatchSymbolKind.Function && !replacing.Contains(s.Key))
                .Select(s => new NewFunction(part.Symbols[s.Key].Name, AddressRange.OfLength(s.Value, (long)part.Symbols[s.Key].Size))),
        ];
    }

    private (DispatchPlan? Plan, ImmutableArray<Refusal> Refusals) Compose(
        Patch patch, (string Policy, int Canaries) way, RegionChoice region, AddressSpaceMap space, ImmutableArray<RedirectState> redirects,
        (ImmutableArray<HookState> States, ImmutableArray<UnwinderState> Unwinders, IReadOnlyList<CodeWrite> Code) hooks, ImageState image, int existing, LinkedImage? linked)
    {
        var state = _state with
        {
            Regions = region.Regions,
            Redirects = redirects,
            Hooks = hooks.States,
            Unwinders = hooks.Unwinders,
            Images = existing >= 0 ? _state.Images : _state.Images.Add(image),
            DataPages = linked is { Data.Length: > 0 } ? _state.DataPages.Add(linked.Data) : _state.DataPages,
        };
        var code = new List<CodeWrite>();
        if (linked is not null)
        {
            code.Add(new CodeWrite(linked.Start, linked.Bytes.ToArray()));
            if (!linked.DataBytes.IsEmpty)
            {
                code.Add(new CodeWrite(linked.Data.Start, linked.DataBytes.ToArray()));
            }
        }
        code.AddRange(hooks.Code);
        var added = redirects.Skip(_state.Redirects.Length).Select(r => r.Plan).ToList();
        code.AddRange(added.Select(DispatchTrampoline.Initial));
        code.AddRange(added.SelectMany(p => p.All.SkipLast(1)).Select(PassTrampoline.Initial));
        var (plan, refusals) = Finish(region, space, state, TransitionKind.Apply, existing >= 0 ? existing : state.Images.Length - 1, way, code);
        return TargetJournal.Fits(plan!.Open) ? (plan, refusals) : (null, [TransitionRefusals.JournalFull.About(patch.Name, $"The state in process {_target.Process} has no room for {patch.Name}.")]);
    }

    private (DispatchPlan? Plan, ImmutableArray<Refusal> Refusals) Finish(
        RegionChoice region, AddressSpaceMap space, TargetState state, TransitionKind kind, int image, (string Policy, int Canaries) way, IReadOnlyList<CodeWrite> code)
    {
        ImmutableArray<Address> newPages = [.. space.NewPages];
        var pages = _state.TrampolinePages.Union(newPages).ToImmutableArray();
        var isFirst = _state.Regions.IsEmpty;
        var open = Transitions.Open(state with { TrampolinePages = pages }, kind, image, way.Policy, way.Canaries);
        var reserved = _state with { TrampolinePages = pages, Regions = isFirst ? [region.Regions[0] with { Used = JournalLayout.CodeOffset }] : _state.Regions };
        if (state.DataPages.Length > _state.DataPages.Length)
        {
            // Once they can be written, no code may come to lie there, whatever becomes of this patch.
            reserved = reserved with { Regions = region.Regions, DataPages = state.DataPages };
        }
        var writes = new TransitionWrites(open);
        var plan = new DispatchPlan(region.NewRegion, isFirst, newPages, reserved, open, [.. code, .. writes.Prepare()])
        {
            BytesAdded = (newPages.Length * (long)Address.PageSize) + code.Sum(c => c.Bytes.Length),
        };
        return (plan, []);
    }
}
