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
using Wfpatch.Live.Backends.AddressSpace;
using Wfpatch.Live.Backends.Dispatch;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Backends;

/// <summary>Turns a patch and a target, for either backend, into a <see cref="BackendPlan"/>, or into all the reasons why not. Reads the target, changes nothing.</summary>
public sealed class TransitionPlanner
{
    /// <summary>Displacements whose highest byte is 00 to 02, or FD to FF, lead nearer than that: they are the frequent ones.</summary>
    private const long RegionMargin = 48L << 20;

    private readonly Target _target;
    private readonly TargetState _state;
    private readonly IMemory _original;
    private readonly List<Refusal> _refusals = [];
    private ImmutableArray<AppliedPatch> _below;

    /// <param name="state">The journaled state, or an empty one.</param>
    public TransitionPlanner(Target target, TargetState state)
    {
        _target = target;
        _state = state;
        _original = OriginalCode.View(target.Memory, state);
        _below = state.Applied;
    }

    /// <summary>Plans an apply. Either a plan, or at least one refusal.</summary>
    /// <param name="profile">Whose points are hooked; null: none.</param>
    public (BackendPlan? Plan, ImmutableArray<Refusal> Refusals) PlanApply(Patch patch, Profile? profile, TransitionWay way)
    {
        // What is replaced goes: the patch is made for the program without it.
        _below = way.Replaces ? [] : _state.Applied;
        ImmutableArray<ObjectPlan> parts = [.. patch.Objects.Select(o => Match(patch, o)).OfType<ObjectPlan>()];
        var changed = parts.Where(p => p.IsChanged).ToImmutableArray();
        var replaced = way.Replaces ? Replaced([.. parts.Where(p => !p.IsChanged).Select(p => p.Image)]) : [];
        if (_refusals.Count > 0 || ChooseRegions(parts) is not { } regions
            || IsTooFarApart(patch.Name, [.. changed.Select(p => p.Start), .. replaced.Select(i => i.Range.Start)], regions.All, way))
        {
            return (null, [.. _refusals]);
        }
        var space = BuildSpace(regions.New);
        var entries = PlannerOf(way.Backend, space);
        // Where no view is in force, what stood at the entries of earlier ones says nothing: dispatch may have been here since.
        var start = _state with { Backend = way.Backend, Entries = _state.View == 0 ? [] : _state.Entries };
        var state = changed.Aggregate(start, (planned, part) => entries.Plan(part, planned, regions.Around(part.Start)));
        var hookPlanner = new HookPlanner(_target, _state, _original, (_state with { Regions = regions.All }).CallbackArea, _refusals);
        var hooks = hookPlanner.Plan(profile, [.. changed.SelectMany(ReplacedEntries), .. replaced.SelectMany(i => i.Functions).Select(f => f.Entry)], changed, space, way);
        var head = regions.All[0].Range.Start + JournalLayout.FrameIndexOffset;
        var unwinderPlanner = new UnwinderPlanner(_target, _state, _original, _refusals);
        var unwinders = unwinderPlanner.Plan([.. changed.Select(p => p.Part)], space, head);
        var next = (_state with { Regions = regions.All }).FrameIndex;
        var added = changed.Where(p => p.Image < 0).ToImmutableArray();
        (regions, var frames) = added.IsEmpty ? (regions, null) : PlaceFrames(regions, added[0].Start, state.Redirects, hooks, unwinders, next);
        var linked = Link(parts, added, frames?.Address ?? next);
        if (_refusals.Count > 0)
        {
            return (null, [.. _refusals]);
        }
        return Compose(patch, way, regions, space, (state, entries.Code(state)), (hooks, unwinders, [.. hookPlanner.Code, .. unwinderPlanner.Code], frames), changed, added, linked);
    }

    /// <summary>The first region of a target in which nothing else is to be changed; null where there is one already. Either a plan, at
    /// least one refusal, or neither.</summary>
    public (BackendPlan? Plan, ImmutableArray<Refusal> Refusals) PlanRegion()
    {
        if (!_state.Regions.IsEmpty)
        {
            return (null, []);
        }
        var main = _target.Objects[0];
        if ((TargetJournal.FindUnused(_target.Mappings, _target.Memory) ?? BuildSpace([]).FindFree(main.Image.Range, JournalLayout.RegionLength, RegionMargin)) is not { } range)
        {
            return (null, [RedirectRefusals.NoPlace.About(main.FileName, $"There are no {JournalLayout.RegionLength} bytes of free memory within 2 GiB of {main.FileName}.")]);
        }
        var state = _state with { Regions = [new RegionState(range, JournalLayout.CodeOffset)] };
        return (new BackendPlan([range], true, [], state, state, []), []);
    }

    /// <summary>Plans a revert of a patch's images that are in force.</summary>
    public (BackendPlan? Plan, ImmutableArray<Refusal> Refusals) PlanRevert(ImmutableArray<int> images, Profile? profile, TransitionWay way)
    {
        var first = _state.Images[images[0]];
        _ = IsTooFarApart(first.PatchName, [.. images.Select(i => _state.Images[i].Range.Start)], _state.Regions, way);
        var space = BuildSpace([]);
        var hookPlanner = new HookPlanner(_target, _state, _original, _state.CallbackArea, _refusals);
        var hooks = hookPlanner.Plan(profile, [.. images.SelectMany(i => _state.Images[i].Functions).Select(f => f.Entry)], [], space, way);
        var unwinderPlanner = new UnwinderPlanner(_target, _state, _original, _refusals);
        var unwinders = unwinderPlanner.Plan([], space, _state.FrameIndexHead);
        if (_refusals.Count > 0)
        {
            return (null, [.. _refusals]);
        }
        var state = _state with { Backend = way.Backend, Hooks = hooks, Unwinders = unwinders, Waiting = [.. _state.Waiting.Where(w => w.PatchId != first.PatchId)] };
        return Finish(new RegionChoice(_state.Regions, []), space, state, TransitionKind.Revert, images, way, [.. hookPlanner.Code, .. unwinderPlanner.Code]);
    }

    private IEntryPlanner PlannerOf(BackendKind backend, AddressSpaceMap space) => backend == BackendKind.AddressSpace
        ? new JumpEntries(_target, _original, _refusals)
        : new RedirectEntries(_target, _original, space, _state.Redirects.Length, _refusals);

    /// <summary>The images that go with a patch that replaces all, but for its own parts that stay.</summary>
    private ImmutableArray<ImageState> Replaced(ImmutableArray<int> staying) =>
        [.. _state.Applied.Select(a => a.Image).Except(staying).Select(i => _state.Images[i])];

    private static IEnumerable<Address> ReplacedEntries(ObjectPlan plan) =>
        plan.Match!.Functions.Where(f => plan.Part.OldFunctions[f.OldFunction].Role == OldFunctionRole.Replaced).Select(f => f.Running.Entry);

    /// <summary>The object of the process that a part of the patch is for, and what the part's symbols mean there; null after a refusal.</summary>
    private ObjectPlan? Match(Patch patch, ObjectPatch part)
    {
        if (FindObject(part) is not { } loaded || loaded.UnwindTable is not { } table)
        {
            return null;
        }
        int image = FindImage(patch, loaded);
        // One object of several was unloaded and is there again: what is in force in the others stays.
        if (image >= 0 && _state.Waiting.Any(w => w.PatchId == patch.Id) && _state.IsInForce(image))
        {
            return new ObjectPlan(part, loaded, null, image, _state.Images[image].Range.Start);
        }
        var (match, mismatches) = RunPreMatcher.Match(part, RunningFunctions(table.Functions, loaded.Image.Range), _original, loaded.Image);
        _refusals.AddRange(match is null ? mismatches : []);
        return match is null ? null : new ObjectPlan(part, loaded, match, image, image >= 0 ? _state.Images[image].Range.Start : default);
    }

    /// <summary>Of dispatch: one write must decide for all threads, a word that the trampolines of all objects reach.</summary>
    private bool IsTooFarApart(string patch, ImmutableArray<Address> images, ImmutableArray<RegionState> regions, TransitionWay way)
    {
        if (way.Consistency != Consistency.Global || way.Backend == BackendKind.AddressSpace || images.Select(i => regions.First(r => r.Range.Contains(i)).Range).Distinct().Count() <= 1)
        {
            return false;
        }
        _refusals.Add(TransitionRefusals.TooFarForGlobal.About(patch, $"{patch} changes several programs and libraries that lie so far apart in process {_target.Process} that no one write can bring all threads over at once."));
        return true;
    }

    private LoadedObject? FindObject(ObjectPatch part)
    {
        string name = part.ObjectName.Length == 0 ? "the main program" : part.ObjectName;
        var named = _target.Objects.Where(o => IsNamed(o, part.ObjectName)).OrderBy(o => o.Namespaces.Count == 0).ToList();
        named = named.Exists(o => o.FileName == part.ObjectName) ? named.FindAll(o => o.FileName == part.ObjectName) : named;
        if (part.ObjectName.Length > 0 && named.Count(o => o.Namespaces.Count > 0) > 1)
        {
            _refusals.Add(TargetRefusals.LoadedTwice.About(name, $"{name} is loaded {named.Count(o => o.Namespaces.Count > 0)} times in process {_target.Process}, at {string.Join(" and ", named.Select(o => o.Image.Range.Start))}."));
            return null;
        }
        var found = part.ObjectName.Length == 0 ? _target.Objects.FirstOrDefault() : named.FirstOrDefault();
        if (found is null)
        {
            _refusals.Add(TargetRefusals.ObjectNotLoaded.About(name, $"{name} is not loaded in process {_target.Process}."));
            return null;
        }
        if (IsBeingLoaded(found))
        {
            _refusals.Add(TargetRefusals.BeingLoaded.About(name, $"{name} is being loaded in process {_target.Process} at this moment; try again."));
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

    private static bool IsNamed(LoadedObject loaded, string name) => IsNamed(loaded.FileName, name);

    /// <summary>Whether a file is the library that a patch names.</summary>
    public static bool IsNamed(string fileName, string name) => fileName == name || fileName.StartsWith(name + ".", StringComparison.Ordinal);

    // The loader takes away the right to write into what it relocated (PT_GNU_RELRO) when all of it is done.
    private bool IsBeingLoaded(LoadedObject loaded)
    {
        var pages = new AddressRange(loaded.Image.Relocated.Start.PageStart, loaded.Image.Relocated.End.PageStart);
        return loaded != _target.Objects[0] && pages.Length > 0 && _target.Mappings.Any(m => m.Range.Contains(pages.Start) && m.IsWritable);
    }

    /// <summary>Every function of an object as it is in force now, or will be without what is replaced.</summary>
    private ImmutableArray<RunningFunction> RunningFunctions(ImmutableArray<AddressRange> functions, AddressRange within)
    {
        var current = _state.Redirects.Select(r => r.Plan.Entry).Concat(_state.Entries.Select(e => e.Entry)).Distinct().Where(within.Contains)
            .Select(e => (Entry: e, Image: _state.VersionOf(e, _below)))
            .Where(r => r.Image is not null)
            .ToDictionary(r => r.Entry, r => r.Image!.Functions.First(f => f.Entry == r.Entry).New);
        // A part of a function that is replaced is none of the program's any more; its new version's part is.
        var inForce = _below.Select(a => _state.Images[a.Image]).Where(i => i.Functions.Any(f => within.Contains(f.Entry))).ToList();
        var goneParts = inForce.SelectMany(i => i.OldParts).ToHashSet();
        // What a patch has added is the program's, too: a fix that is built on it may need it.
        var added = inForce.SelectMany(i => i.Added).Select(a => a.Code);
        return
        [
            .. functions.Where(f => !current.ContainsKey(f.Start)).Concat(added).Where(f => !goneParts.Contains(f)).Select(f => new RunningFunction(f, f.Start)),
            .. current.Select(c => new RunningFunction(c.Value, c.Key)),
        ];
    }

    private int FindImage(Patch patch, LoadedObject loaded)
    {
        for (int i = 0; i < _state.Images.Length; i++)
        {
            if (_state.Images[i].PatchId == patch.Id && _state.Images[i].ObjectName == loaded.FileName)
            {
                return i;
            }
        }
        return -1;
    }

    /// <param name="All">Those that are there, with what is given out in them, and new ones behind them.</param>
    private sealed record RegionChoice(ImmutableArray<RegionState> All, ImmutableArray<AddressRange> New)
    {
        /// <summary>The whole region of a place, so that trampolines reach what later patches put there too.</summary>
        public AddressRange Around(Address place) => All.First(r => r.Range.Contains(place)).Range;
    }

    /// <summary>Gives each part that is not there yet a place near its object; null after a refusal.</summary>
    private RegionChoice? ChooseRegions(ImmutableArray<ObjectPlan> parts)
    {
        var regions = new RegionChoice(_state.Regions, []);
        foreach (var part in parts.Where(p => p.Image < 0))
        {
            if (ChooseRegion(part.Loaded, part.Part, regions) is not var (chosen, start))
            {
                return null;
            }
            (regions, part.Start) = (chosen, start);
        }
        return regions;
    }

    private (RegionChoice Regions, Address Start)? ChooseRegion(LoadedObject loaded, ObjectPatch part, RegionChoice given)
    {
        const ulong ImageAlignment = 64;
        var size = PatchLinker.Measure(part);
        ulong alignment = Math.Max(ImageAlignment, (ulong)size.Alignment);
        for (int i = 0; i < given.All.Length; i++)
        {
            var region = given.All[i];
            var start = (region.Range.Start + (long)region.Used).AlignUp(alignment);
            bool isNear = Math.Abs(start - loaded.Image.Range.Start) < int.MaxValue / 2;
            if (isNear && start + size.Bytes <= region.Range.End)
            {
                var used = region with { Used = (ulong)(start + size.Bytes - region.Range.Start) };
                return (given with { All = given.All.SetItem(i, used) }, start);
            }
        }
        bool isFirst = given.All.IsEmpty;
        int before = isFirst ? JournalLayout.CodeOffset : JournalLayout.RegionHeadLength;
        long length = (long)new Address((ulong)Math.Max(JournalLayout.RegionLength, before + size.Bytes + (int)alignment)).AlignUp(Address.PageSize).Value;
        var unused = isFirst ? TargetJournal.FindUnused(_target.Mappings, _target.Memory) : null;
        var range = unused is { } left && (long)left.Length >= length ? left : BuildSpace(given.New).FindFree(loaded.Image.Range, length, RegionMargin);
        if (range is not { } found)
        {
            _refusals.Add(RedirectRefusals.NoPlace.About(loaded.FileName, $"There are no {length} bytes of free memory within 2 GiB of {loaded.FileName}."));
            return null;
        }
        var at = (found.Start + before).AlignUp(alignment);
        return (new RegionChoice(given.All.Add(new RegionState(found, (ulong)(at + size.Bytes - found.Start))), given.New.Add(found)), at);
    }

    private AddressSpaceMap BuildSpace(ImmutableArray<AddressRange> newRegions)
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
        return new AddressSpaceMap(
            taken.Concat(newRegions),
            MappedPages,
            _state.Redirects.Select(r => r.Plan).Concat(_state.Hooks.Select(h => h.Plan)).Concat(_state.Unwinders.Select(u => u.Plan)));
    }

    /// <summary>Links the new parts, in order: each index of frames leads to the one before.</summary>
    private ImmutableArray<LinkedImage> Link(ImmutableArray<ObjectPlan> parts, ImmutableArray<ObjectPlan> added, Address nextIndex)
    {
        var symbols = parts.Length > 1 ? [.. parts.Select(p => PatchLinker.FindAdded(p.Part, p.Start))] : ImmutableArray.Create(ImmutableDictionary<string, Address>.Empty);
        var all = ImmutableArray.CreateBuilder<LinkedImage>();
        foreach (var part in added)
        {
            var resolver = new SymbolResolver(_target.Memory, part.Loaded.Image, ScopeOf(part.Loaded));
            int index = parts.IndexOf(part);
            var (linked, refusals) = PatchLinker.Link(part.Part, part.Start, part.Match!, new AddedSymbolResolver(resolver, symbols[..index], symbols[(index + 1)..]), nextIndex);
            _refusals.AddRange(refusals);
            if (linked is not null)
            {
                all.Add(linked);
                nextIndex = linked.FrameIndex != Address.Zero ? linked.FrameIndex : nextIndex;
            }
        }
        return all.ToImmutable();
    }

    private SearchScope ScopeOf(LoadedObject loaded)
    {
        // A program whose loader tells nothing, or a library in a namespace that it does not tell of.
        if (loaded.Namespaces.Count == 0)
        {
            return loaded == _target.Objects[0]
                ? SearchScope.OfAll(_target.Objects.Select(o => o.Image))
                : new SearchScope([], [loaded.Image], [.. _target.Objects.Where(o => o != loaded).Select(o => o.Image)]);
        }
        int space = loaded.Namespaces.Keys.Min();
        var order = _target.Objects.Where(o => o.Namespaces.ContainsKey(space)).OrderBy(o => o.Namespaces[space]).Select(o => o.Image).ToImmutableArray();
        return SearchScope.Of(loaded.Image, order, isMain: space == 0);
    }

    /// <summary>Describes new trampolines to the target's unwinder, behind the new code where there is room. Without room they stay undescribed.</summary>
    private (RegionChoice Region, CodeWrite? Frames) PlaceFrames(
        RegionChoice region, Address near, ImmutableArray<RedirectState> redirects, ImmutableArray<HookState> hooks, ImmutableArray<UnwinderState> unwinders, Address next)
    {
        var known = _state.Hooks.Select(h => h.Plan.Trampoline).ToHashSet();
        List<TrampolineFrames.Shape> shapes =
        [
            .. redirects.Skip(_state.Redirects.Length).SelectMany(r => TrampolineFrames.ShapesOf(r.Plan, DispatchTrampoline.PassOffset, DispatchTrampoline.Length)),
            .. unwinders.Skip(_state.Unwinders.Length).SelectMany(u => TrampolineFrames.ShapesOf(u.Plan, FrameLookupTrampoline.Pass, FrameLookupTrampoline.Length)),
            .. hooks.Where(h => h.StoresNumber && !known.Contains(h.Plan.Trampoline)).SelectMany(h => TrampolineFrames.ShapesOf(h.Plan, HookTrampoline.Pass, HookTrampoline.Granted)),
            .. hooks.Where(h => h.Kind == HookKind.CallGuard && !known.Contains(h.Plan.Trampoline)).SelectMany(h => TrampolineFrames.ShapesOf(h.Plan, CallGuardTrampoline.Pass, CallGuardTrampoline.Length)),
        ];
        int index = region.All.ToList().FindIndex(r => r.Range.Contains(near));
        var home = region.All[index];
        var at = (home.Range.Start + (long)home.Used).AlignUp(8);
        if (TrampolineFrames.Build(shapes, RowAt, at, next) is not { } bytes || at + bytes.Length > home.Range.End)
        {
            return (region, null);
        }
        var used = home with { Used = (ulong)(at + bytes.Length - home.Range.Start) };
        return (region with { All = region.All.SetItem(index, used) }, new CodeWrite(at, bytes));
    }

    private Core.Unwinding.FrameRow? RowAt(Address at)
    {
        foreach (var loaded in _target.Objects.Where(o => o.Image.Range.Contains(at)))
        {
            if (loaded.UnwindTable is { } table && table.FindRow(at, out var row) == Core.Unwinding.UnwindFailureReason.None)
            {
                return row;
            }
        }
        return null;
    }

    private static ImageState DescribeImage(Patch patch, ObjectPlan plan, LinkedImage linked)
    {
        var (part, match, loaded) = (plan.Part, plan.Match!, plan.Loaded);
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
            Requires = [.. patch.Requires.Select(r => r.Id)],
            FrameIndex = linked.FrameIndex,
            Data = linked.Data,
            Added = AddedFunctions(part, linked),
            CallbackBlock = part.Callbacks.IsEmpty ? Address.Zero : linked.SymbolAddresses[part.CallbackBlock],
            Callbacks = [.. part.Callbacks.Select(c => new ImageCallback(c.Kind, linked.SymbolAddresses[c.Symbol]))],
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

    private (BackendPlan? Plan, ImmutableArray<Refusal> Refusals) Compose(
        Patch patch, TransitionWay way, RegionChoice regions, AddressSpaceMap space, (TargetState Planned, IEnumerable<CodeWrite> Code) entries,
        (ImmutableArray<HookState> States, ImmutableArray<UnwinderState> Unwinders, IReadOnlyList<CodeWrite> Code, CodeWrite? Frames) hooks,
        ImmutableArray<ObjectPlan> changed, ImmutableArray<ObjectPlan> added, ImmutableArray<LinkedImage> linked)
    {
        var state = entries.Planned with
        {
            Regions = regions.All,
            Hooks = hooks.States,
            Unwinders = hooks.Unwinders,
            Frames = hooks.Frames is { } f ? _state.Frames.Add(new FramesState(AddressRange.OfLength(f.Address, f.Bytes.Length), Fnv1a.Compute(f.Bytes))) : _state.Frames,
            Images = _state.Images.AddRange(added.Zip(linked, (part, image) => DescribeImage(patch, part, image))),
            Waiting = [.. _state.Waiting.Where(w => w.PatchId != patch.Id)],
            DataPages = _state.DataPages.AddRange(linked.Where(l => l.Data.Length > 0).Select(l => l.Data)),
        };
        var code = new List<CodeWrite>();
        code.AddRange(linked.Select(l => new CodeWrite(l.Start, l.Bytes.ToArray())));
        code.AddRange(linked.Where(l => !l.DataBytes.IsEmpty).Select(l => new CodeWrite(l.Data.Start, l.DataBytes.ToArray())));
        code.AddRange(hooks.Code);
        code.AddRange(hooks.Frames is { } described ? [described] : []);
        code.AddRange(entries.Code);
        ImmutableArray<int> images = [.. changed.Select(p => p.Image >= 0 ? p.Image : _state.Images.Length + added.IndexOf(p))];
        var (plan, refusals) = Finish(regions, space, state, TransitionKind.Apply, images, way, code);
        return TargetJournal.Fits(plan!.Open) ? (plan, refusals) : (null, [TransitionRefusals.JournalFull.About(patch.Name, $"The state in process {_target.Process} has no room for {patch.Name}.")]);
    }

    /// <summary>A page may have been journaled and never mapped, and something else may lie there now.</summary>
    private IEnumerable<Address> MappedPages => _state.TrampolinePages.Where(p => _target.Mappings.Any(m => m.Range.Contains(p) && TargetJournal.MayBeOurs(m)));

    private (BackendPlan? Plan, ImmutableArray<Refusal> Refusals) Finish(
        RegionChoice region, AddressSpaceMap space, TargetState state, TransitionKind kind, ImmutableArray<int> images, TransitionWay way, IReadOnlyList<CodeWrite> code)
    {
        ImmutableArray<Address> newPages = [.. space.NewPages];
        var pages = MappedPages.Union(newPages).ToImmutableArray();
        var isFirst = _state.Regions.IsEmpty;
        state = state with { Objects = UnloadedObjects.Describe(_target, state) };
        var open = Transitions.Open(state with { TrampolinePages = pages }, kind, images[0], way.Policy, way.Canaries, way.Consistency, way.Replaces, images[1..]);
        var reserved = _state with { TrampolinePages = pages, Regions = isFirst ? [region.All[0] with { Used = JournalLayout.CodeOffset }] : _state.Regions };
        if (state.DataPages.Length > _state.DataPages.Length)
        {
            // Once they can be written, no code may come to lie there, whatever becomes of this patch.
            reserved = reserved with { Regions = region.All, DataPages = state.DataPages };
        }
        var writes = new TransitionWrites(open);
        IEnumerable<CodeWrite> hooks = way.Policy == ReturnHookArea.PolicyName && way.Backend == BackendKind.Dispatch && !ReturnHookArea.IsThere(_target.Memory, open.ReturnHooks) ? ReturnHookArea.Initial(open.ReturnHooks) : [];
        bool calls = images.Any(i => !state.Images[i].Callbacks.IsEmpty) && !CallbackArea.IsThere(_target.Memory, open.CallbackArea);
        code = [.. code, .. hooks, .. calls ? [CallbackArea.Initial(open.CallbackArea, ProcessorState.Read())] : Array.Empty<CodeWrite>()];
        var plan = new BackendPlan(region.New, isFirst, newPages, reserved, open, [.. code, .. writes.Prepare()])
        {
            BytesAdded = (newPages.Length * (long)Address.PageSize) + code.Sum(c => c.Bytes.Length)
                + (way.Backend == BackendKind.AddressSpace ? new ViewWrites(open).Pages.Sum(p => (long)p.Length) : 0),
        };
        return (plan, []);
    }
}
