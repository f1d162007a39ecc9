// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Unwinding;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Obstacles;

namespace Wfpatch.Live.Targets;

/// <summary>A process that is looked at or patched. Opening it stops and changes nothing.</summary>
public sealed class Target : IDisposable
{
    private Lazy<ImmutableArray<LoadedObject>> _objects;
    private Lazy<ImmutableArray<AddressRange>> _stackEnds;
    private ImmutableArray<Mapping> _mappings;

    private Target(ILinux linux, int process, ProcFs proc)
    {
        Linux = linux;
        Process = process;
        Proc = proc;
        Memory = new TargetMemory(linux, process);
        _mappings = proc.ReadMappings();
        _objects = ReadObjects();
        _stackEnds = ReadStackEnds();
    }

    public ILinux Linux { get; }

    public int Process { get; }

    public ProcFs Proc { get; }

    public TargetMemory Memory { get; }

    /// <summary>The mappings as they were last read.</summary>
    public ImmutableArray<Mapping> Mappings => _mappings;

    /// <summary>What is loaded, the main program first.</summary>
    public ImmutableArray<LoadedObject> Objects => _objects.Value;

    /// <summary>Opens a process for reading.</summary>
    /// <exception cref="TargetAccessException">It does not exist or may not be looked into.</exception>
    public static Target Open(ILinux linux, int process)
    {
        var proc = new ProcFs(process);
        if (process <= 0 || !proc.Exists || proc.ReadThreads().IsEmpty || proc.ReadStartTime() is null)
        {
            throw new TargetAccessException($"looking for process {process}", Errno.NoSuchProcess);
        }
        if (proc.HasEnded)
        {
            throw new TargetAccessException($"looking for process {process}, which has ended", Errno.NoSuchProcess);
        }
        var target = new Target(linux, process, proc);
        if (target.Mappings.IsEmpty || target.FirstByteIsUnreadable())
        {
            // A process that may not be read says so; one that is ending has no memory any more.
            Span<byte> one = stackalloc byte[1];
            int error = target.Memory.Read(target.Mappings.Select(m => m.Range.Start).FirstOrDefault(Address.UserEnd), one);
            target.Dispose();
            throw new TargetAccessException($"reading process {process}", error == Errno.NoSuchProcess ? error : Errno.NotPermitted);
        }
        return target;
    }

    /// <summary>Opens the memory for writing. What was read before may be another program's, if the process has called exec meanwhile: the mappings
    /// are read anew.</summary>
    public void OpenForWriting()
    {
        Memory.OpenForWriting();
        RefreshMappings();
    }

    public void RefreshMappings() => _mappings = Proc.ReadMappings();

    /// <summary>Reads anew what is loaded.</summary>
    public void RefreshObjects()
    {
        RefreshMappings();
        _objects = ReadObjects();
        _stackEnds = ReadStackEnds();
    }

    /// <summary>Which threads may map memory, as far as filters of system calls are concerned. All, until somebody has looked.</summary>
    public SeccompRules Seccomp { get; set; } = SeccompRules.None;

    /// <summary>The main thread's stack as it was when the mappings were read; empty where there is none.</summary>
    public AddressRange MainStack => Mappings.FirstOrDefault(m => m.Path == "[stack]")?.Range ?? default;

    /// <summary>Where a thread's stack ends: glibc's control block lies above it; the first thread's, elsewhere. Zero where it is not known.</summary>
    public Address StackTopOf(int thread, Address controlBlock) => thread != Process ? new Address(controlBlock.Value & ~7UL) : MainStack.End;

    /// <summary>Unwinds through everything that is loaded and through the new code of patches.</summary>
    /// <param name="hooks">The target's return hooks; null: it has none.</param>
    public Unwinder CreateUnwinder(TargetState state, IReturnHooks? hooks = null) => new(
        Objects.Select(o => o.UnwindTable).OfType<UnwindTable>()
            .Concat(state.Images.Select(i => i.UnwindTable).Where(t => t.Length > 0).Select(t => UnwindTable.ReadSection(Memory, t, "new code").Table).OfType<UnwindTable>()),
        state.Redirects.SelectMany(r => r.Plan.All).Select(p => p.BetweenJumps).OfType<CodeAlias>(), hooks, ends: _stackEnds.Value);

    public void Dispose() => Memory.Dispose();

    /// <summary>Whether the process has lost its memory: it ends, though its threads may still be listed.</summary>
    public bool HasEnded => !Mappings.Any() || FirstByteIsUnreadable() || Proc.ReadThreads() is var threads && (threads.IsEmpty || threads.Any(IsBeingKilled));

    // A process that is killed as a whole has SIGKILL pending in each thread that has not gone yet.
    private bool IsBeingKilled(int thread)
    {
        const ulong SigKill = 1UL << 8;
        return Proc.ReadStatus("SigPnd", thread) is { } pending
            && (ulong.Parse(pending, System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture) & SigKill) != 0;
    }

    private Lazy<ImmutableArray<LoadedObject>> ReadObjects() => new(() => LoadedObjects.Read(_mappings, Memory, Proc.ReadExecutableName()));

    private Lazy<ImmutableArray<AddressRange>> ReadStackEnds() => new(() => StackEnds.Find(Objects, Memory));

    private bool FirstByteIsUnreadable()
    {
        Span<byte> one = stackalloc byte[1];
        return Mappings.Where(m => m.IsReadable && m.IsFile).Take(1).ToArray() is [var first] && !Memory.TryRead(first.Range.Start, one);
    }
}
