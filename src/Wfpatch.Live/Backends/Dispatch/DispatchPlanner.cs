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
    public (DispatchPlan? Plan, ImmutableArray<Refusal> Refusals) PlanApply(Patch patch, Profile? profile, string policy, int canaries = 0, Consistency consistency = Consistency.Local)
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
        var hookPlanner = new HookPlanner(_target, _state, _original, (_state with { Regions = region.Regions }).CallbackArea, _refusals);
        var hooks = hookPlanner.Plan(profile, ReplacedEntries(part, match), part, match, space, canaries > 0);
        var head = region.Regions[0].Range.Start + JournalLayout.FrameIndexOffset;
        var unwinderPlanner = new UnwinderPlanner(_target, _state, _original, _refusals);
        var unwinders = unwinderPlanner.Plan(part, space, head);
        var before = (_state with { Regions = region.Regions }).FrameIndex;
        (region, var frames) = image is null ? PlaceFrames(region, redirects, hooks, unwinders, before) : (region, null);
        var linked = image is null ? Link(part, match, loaded, region.Start, frames?.Address ?? before) : null;
        if (_refusals.Count > 0)
        {
            return (null, [.. _refusals]);
        }
        IEnumerable<CodeWrite> described = frames is { } written ? [written] : [];
        image ??= DescribeImage(patch, part, match, linked!, loaded);
        return Compose(patch, (policy, canaries, consistency), region, space, redirects, (hooks, unwinders, [.. hookPlanner.Code, .. unwinderPlanner.Code, .. described]), image, existing, linked);
    }

    /// <summary>The first region of a target in which nothing else is to be changed; null where there is one already. Either a plan, at
    /// least one refusal, or neither.</summary>
    public (DispatchPlan? Plan, ImmutableArray<Refusal> Refusals) PlanRegion()
    {
        if (!_state.Regions.IsEmpty)
        {
            return (null, []);
        }
        var main = _target.Objects[0];
        if ((TargetJournal.FindUnused(_target.Mappings, _target.Memory) ?? BuildSpace(default).FindFree(main.Image.Range, JournalLayout.RegionLength, RegionMargin)) is not { } range)
        {
            return (null, [RedirectRefusals.NoPlace.About(main.FileName, $"There are no {JournalLayout.RegionLength} bytes of free memory within 2 GiB of {main.FileName}.")]);
        }
        var state = _state with { Regions = [new RegionState(range, JournalLayout.CodeOffset)] };
        return (new DispatchPlan(range, true, [], state, state, []), []);
    }

    /// <summary>Plans a revert of an image that is in force.</summary>
    public (DispatchPlan? Plan, ImmutableArray<Refusal> Refusals) PlanRevert(int image, Profile? profile, string policy, Consistency consistency = Consistency.Local)
    {
        var space = BuildSpace(default);
        var hookPlanner = new HookPlanner(_target, _state, _original, _state.CallbackArea, _refusals);
        var hooks = hookPlanner.Plan(profile, [.. _state.Images[image].Functions.Select(f => f.Entry)], null, null, space);
        var unwinderPlanner = new UnwinderPlanner(_target, _state, _original, _refusals);
        var unwinders = unwinderPlanner.Plan(null, space, _state.FrameIndexHead);
        if (_refusals.Count > 0)
        {
            return (null, [.. _refusals]);
        }
        var region = new RegionChoice(_state.Regions, default, default);
        var state = _state with { Hooks = hooks, Unwinders = unwinders };
        return Finish(region, space, state, TransitionKind.Revert, image, (policy, 0, consistency), [.. hookPlanner.Code, .. unwinderPlanner.Code]);
    }

    private static IReadOnlyCollection<Address> ReplacedEntries(ObjectPatch part, Match match) =>
        [.. match.Functions.Where(f => part.OldFunctions[f.OldFunction].Role == OldFunctionRole.Replaced).Select(f => f.Running.Entry)];

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
        int before = isFirst ? JournalLayout.CodeOffset : JournalLayout.RegionHeadLength;
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

    /// <summary>All that one program or library says of addresses; what cannot be read may lead anywhere.</summary>
    private BranchSearch BranchesIn(LoadedObject loaded)
    {
        Lazy<Approaches?> approaches = new(() =>
            Read(loaded, s => s.IsExecutable, s => s.MemorySize) is { } code && Read(loaded, s => !s.IsExecutable && s.IsReadable, s => s.FileSize) is { } data
                ? new Approaches(new ObjectCode(code, data, loaded.UnwindTable!.Functions, loaded.Image.IsPositionIndependent))
                : null);
        return (into, function) => approaches.Value is { } known ? known.Find(into, function) : into.Start;
    }

    private ImmutableArray<(Address Start, ReadOnlyMemory<byte> Bytes)>? Read(LoadedObject loaded, Func<ElfSegment, bool> wanted, Func<ElfSegment, ulong> length)
    {
        var blocks = loaded.Image.Segments.Where(wanted).Select(s => (s.Address, Bytes: _original.Read(s.Address, (int)length(s)))).ToList();
        return blocks.TrueForAll(b => b.Bytes is not null) ? [.. blocks.Select(b => (b.Address, (ReadOnlyMemory<byte>)b.Bytes!))] : null;
    }

    private LinkedImage? Link(ObjectPatch part, Match match, LoadedObject loaded, Address start, Address nextIndex)
    {
        var resolver = new SymbolResolver(_target.Memory, loaded.Image, ScopeOf(loaded));
        var (linked, refusals) = PatchLinker.Link(part, start, match, resolver, nextIndex);
        _refusals.AddRange(refusals);
        return linked;
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
        RegionChoice region, ImmutableArray<RedirectState> redirects, ImmutableArray<HookState> hooks, ImmutableArray<UnwinderState> unwinders, Address next)
    {
        var known = _state.Hooks.Select(h => h.Plan.Trampoline).ToHashSet();
        List<TrampolineFrames.Shape> shapes =
        [
            .. redirects.Skip(_state.Redirects.Length).SelectMany(r => TrampolineFrames.ShapesOf(r.Plan, DispatchTrampoline.PassOffset, DispatchTrampoline.Length)),
            .. unwinders.Skip(_state.Unwinders.Length).SelectMany(u => TrampolineFrames.ShapesOf(u.Plan, FrameLookupTrampoline.Pass, FrameLookupTrampoline.Length)),
            .. hooks.Where(h => h.StoresNumber && !known.Contains(h.Plan.Trampoline)).SelectMany(h => TrampolineFrames.ShapesOf(h.Plan, HookTrampoline.Pass, HookTrampoline.Granted)),
            .. hooks.Where(h => h.Kind == HookKind.CallGuard && !known.Contains(h.Plan.Trampoline)).SelectMany(h => TrampolineFrames.ShapesOf(h.Plan, CallGuardTrampoline.Pass, CallGuardTrampoline.Length)),
        ];
        int index = region.Regions.ToList().FindIndex(r => r.Range.Contains(region.Start));
        var home = region.Regions[index];
        var at = (home.Range.Start + (long)home.Used).AlignUp(8);
        if (TrampolineFrames.Build(shapes, RowAt, at, next) is not { } bytes || at + bytes.Length > home.Range.End)
        {
            return (region, null);
        }
        var used = home with { Used = (ulong)(at + bytes.Length - home.Range.Start) };
        return (region with { Regions = region.Regions.SetItem(index, used) }, new CodeWrite(at, bytes));
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

    private (DispatchPlan? Plan, ImmutableArray<Refusal> Refusals) Compose(
        Patch patch, (string Policy, int Canaries, Consistency Consistency) way, RegionChoice region, AddressSpaceMap space, ImmutableArray<RedirectState> redirects,
        (ImmutableArray<HookState> States, ImmutableArray<UnwinderState> Unwinders, IReadOnlyList<CodeWrite> Code) hooks, ImageState image, int existing, LinkedImage? linked)
    {
        var state = _state with
        {
            Regions = region.Regions,
            Redirects = redirects,
            Hooks = hooks.States,
            Unwinders = hooks.Unwinders,
            Images = existing >= 0 ? _state.Images : _state.Images.Add(image),
            Waiting = [.. _state.Waiting.Where(w => w.PatchId != patch.Id)],
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
        RegionChoice region, AddressSpaceMap space, TargetState state, TransitionKind kind, int image, (string Policy, int Canaries, Consistency Consistency) way, IReadOnlyList<CodeWrite> code)
    {
        ImmutableArray<Address> newPages = [.. space.NewPages];
        var pages = _state.TrampolinePages.Union(newPages).ToImmutableArray();
        var isFirst = _state.Regions.IsEmpty;
        state = state with { Objects = UnloadedObjects.Describe(_target, state) };
        var open = Transitions.Open(state with { TrampolinePages = pages }, kind, image, way.Policy, way.Canaries, way.Consistency);
        var reserved = _state with { TrampolinePages = pages, Regions = isFirst ? [region.Regions[0] with { Used = JournalLayout.CodeOffset }] : _state.Regions };
        if (state.DataPages.Length > _state.DataPages.Length)
        {
            // Once they can be written, no code may come to lie there, whatever becomes of this patch.
            reserved = reserved with { Regions = region.Regions, DataPages = state.DataPages };
        }
        var writes = new TransitionWrites(open);
        IEnumerable<CodeWrite> hooks = way.Policy == ReturnHookArea.PolicyName && !ReturnHookArea.IsThere(_target.Memory, open.ReturnHooks) ? ReturnHookArea.Initial(open.ReturnHooks) : [];
        bool calls = !state.Images[image].Callbacks.IsEmpty && !CallbackArea.IsThere(_target.Memory, open.CallbackArea);
        code = [.. code, .. hooks, .. calls ? [CallbackArea.Initial(open.CallbackArea, ProcessorState.Read())] : Array.Empty<CodeWrite>()];
        var plan = new DispatchPlan(region.NewRegion, isFirst, newPages, reserved, open, [.. code, .. writes.Prepare()])
        {
            BytesAdded = (newPages.Length * (long)Address.PageSize) + code.Sum(c => c.Bytes.Length),
        };
        return (plan, []);
    }
}
