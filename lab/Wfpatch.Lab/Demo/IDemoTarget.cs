// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Loads;

namespace Wfpatch.Lab.Demo;

/// <summary>A running server of the demo, how to load it, and how to ask it for a reply that the patch changes.</summary>
internal interface IDemoTarget : IAsyncDisposable
{
    string Name { get; }

    /// <summary>What it is, in a few words.</summary>
    string Title { get; }

    int Pid { get; }

    /// <summary>For `wfpatch apply`, beside patch and pid.</summary>
    ImmutableArray<string> ApplyArguments { get; }

    /// <summary>Makes the patch; gives the file. Done before the target is loaded.</summary>
    Task<string> BuildPatchAsync(CancellationToken cancel);

    /// <summary>Connection number <paramref name="number"/> of the load.</summary>
    ILoadClient Connect(int number);

    /// <summary>A reply by which the versions are told apart.</summary>
    string Ask();

    /// <summary>What is done after the windows, with the load still running: sentences for people, and errors that came up.</summary>
    Task<DemoAftermath> AfterAsync(CancellationToken cancel);
}

/// <param name="Mixed">Mixed requests that the server itself counted.</param>
internal sealed record DemoAftermath(ImmutableArray<string> Notes, long Errors, long Mixed);
