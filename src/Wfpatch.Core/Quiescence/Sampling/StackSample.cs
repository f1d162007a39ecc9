// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Quiescence.Sampling;

/// <summary>What kind of object a function belongs to.</summary>
public enum CodeOwner
{
    Program,
    Library,

    /// <summary>The C library, the loader and the kernel's vdso: what waits for everybody, and never begins a request.</summary>
    System,
}

/// <summary>A function that was on a sampled stack.</summary>
/// <param name="Name">Empty where it has none that is known.</param>
/// <param name="Object">The file name of the object that it is in.</param>
/// <param name="IsExported">Named by a dynamic symbol, so that a profile can name it by its library.</param>
/// <param name="Offset">Of its start, in the object.</param>
public sealed record SampledFunction(string Name, string Object, CodeOwner Owner, bool IsExported, long Offset)
{
    /// <summary>Its name, or where it is.</summary>
    public string Display => Name.Length > 0 ? Name : $"{Object}+0x{Offset:x}";
}

/// <param name="FrameAddress">Tells one activation of a function from another on the same stack.</param>
public readonly record struct SampledFrame(SampledFunction Function, Address FrameAddress);

/// <summary>One thread's stack at one moment.</summary>
/// <param name="IsIdle">The thread was blocked where it is blocked most of its time.</param>
/// <param name="Call">The system call that it was blocked in; empty where it was running.</param>
/// <param name="Frames">The outermost frame first.</param>
public sealed record StackSample(int Thread, string ThreadName, bool IsIdle, string Call, ImmutableArray<SampledFrame> Frames);
