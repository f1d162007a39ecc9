// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Testing.Simulation;

public enum FrameKind
{
    /// <summary>Waiting for the next request.</summary>
    Loop,

    /// <summary>Handling a request: between two quiescence points.</summary>
    Request,

    /// <summary>In a version of a replaceable function.</summary>
    Function,

    /// <summary>In a signal handler.</summary>
    Handler,

    /// <summary>In the start routine.</summary>
    Start,
}

/// <summary>One frame of a simulated stack.</summary>
/// <param name="Pc">Where it is, or will go on.</param>
/// <param name="Interrupted">For a handler: the code that it interrupted between two functions; null: none of interest.</param>
public sealed record SimulatedFrame(FrameKind Kind, Address Pc, int Function, int Version, (Address Pc, bool Zero)? Interrupted = null);

/// <summary>A thread: its word, its stack, and where it is when it is on its way from one function into another.</summary>
public sealed class SimulatedThread(int id, uint word)
{
    public int Id { get; } = id;

    /// <summary>The word at %fs:0x80.</summary>
    public uint Word { get; set; } = word;

    /// <summary>The word at %fs:0x88.</summary>
    public uint Grant { get; set; }

    /// <summary>The register that trampolines use.</summary>
    public uint Scratch { get; set; }

    /// <summary>The thread that it is about to create, whose control block is there already.</summary>
    public SimulatedThread? Newborn { get; set; }

    /// <summary>It was a canary before it began to create that thread, which must become one.</summary>
    public bool PassesOn { get; set; }

    /// <summary>What no thread knows: the generation for which a controller chose it, or one that it descends from, as a canary.</summary>
    public uint ChosenFor { get; set; }

    public List<SimulatedFrame> Frames { get; } = [];

    /// <summary>The instruction that it executes next on its way into a function; null: it is in the innermost frame.</summary>
    public Address? Pc { get; set; }

    /// <summary>The zero flag.</summary>
    public bool Zero { get; set; }

    /// <summary>It waits in a system call.</summary>
    public bool IsBlocked { get; set; }

    public bool HasEnded { get; set; }

    /// <summary>A controller keeps it stopped.</summary>
    public bool IsHeld { get; set; }

    /// <summary>How often it runs compared with others.</summary>
    public int Speed { get; set; } = 8;

    /// <summary>It serves requests; otherwise it calls functions out of its loop.</summary>
    public bool Serves { get; init; }

    /// <summary>The calls of the current request, or of the current call out of the loop.</summary>
    public List<(int Function, int Version)> Calls { get; } = [];

    public SimulatedFrame Top => Frames[^1];

    /// <summary>Where an unwinder sees it, innermost first.</summary>
    public IEnumerable<Address> Stack()
    {
        if (Pc is { } pc)
        {
            yield return pc;
        }
        for (int i = Frames.Count - 1; i >= 0; i--)
        {
            yield return Frames[i].Pc;
            if (Frames[i].Interrupted is { } interrupted)
            {
                yield return interrupted.Pc;
            }
        }
    }

    public override string ToString() =>
        $"thread {Id} word {Word}{(IsBlocked ? " blocked" : "")} {(Pc is { } pc ? $"at {pc} " : "")}in {string.Join(' ', Frames.Select(f => f.Kind == FrameKind.Function ? $"f{f.Function}v{f.Version}" : f.Kind.ToString()))}";
}
