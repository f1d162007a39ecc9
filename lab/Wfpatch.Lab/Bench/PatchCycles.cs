// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Quiescence;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Profiles;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Bench;

/// <summary>
/// A patch applied and taken back, again and again. The engine is called without a command around it, so that the cycles follow each other as fast as the target
/// lets them; each hundredth is made by the command line, as users make it, and audited.
/// </summary>
internal sealed class PatchCycles
{
    private const int CyclesBetweenCommands = 100;

    /// <summary>Only a failure takes so long.</summary>
    private static readonly TimeSpan Ample = TimeSpan.FromMinutes(1);

    private readonly Commands _engine = new(new NativeLinux());
    private readonly int _pid;
    private readonly string _file;
    private readonly ImmutableArray<string> _arguments;
    private readonly Patch _patch;
    private readonly Profile? _profile;

    /// <param name="arguments">For `wfpatch apply`: a profile's file, or nothing.</param>
    /// <exception cref="InvalidOperationException">Patch or profile cannot be read.</exception>
    internal PatchCycles(int pid, string file, ImmutableArray<string> arguments)
    {
        (_pid, _file, _arguments) = (pid, file, arguments);
        _patch = PatchReader.Decode(File.ReadAllBytes(file), file) is { Patch: { } patch } ? patch : throw new InvalidOperationException($"{file} is no patch file.");
        _profile = arguments switch
        {
            [] => ShippedProfiles.ForExecutable(new ProcFs(pid).ReadExecutableName()),
            ["--profile", var name] => ShippedProfiles.Find(name).Profile ?? throw new InvalidOperationException($"{name} is no profile."),
            _ => throw new InvalidOperationException($"{string.Join(' ', arguments)}: only a profile can be given."),
        };
    }

    /// <summary>Cycles that were made.</summary>
    internal int Count { get; private set; }

    /// <summary>What all applies say that they added to the target.</summary>
    internal long BytesAdded { get; private set; }

    /// <summary>One cycle more.</summary>
    /// <returns>What failed; null: nothing.</returns>
    internal Task<string?> RunAsync(CancellationToken cancel) =>
        Count++ % CyclesBetweenCommands == 0 ? ByCommandsAsync(cancel) : Task.Run(() => ByEngine(cancel), cancel);

    private async Task<string?> ByCommandsAsync(CancellationToken cancel)
    {
        ToolReport applied = await WfpatchTool.ApplyAsync(_file, _pid, _arguments, cancel);
        BytesAdded += applied.BytesAdded;
        return Failure(applied) ?? await AuditAsync(cancel) ?? Failure(await WfpatchTool.RevertAsync(_pid, cancel: cancel)) ?? await AuditAsync(cancel);
    }

    private string? ByEngine(CancellationToken cancel)
    {
        TransitionOptions options = new(Policy.Auto, _profile, Ample, cancel);
        TransitionReport applied = _engine.Apply(_pid, _patch, options);
        BytesAdded += applied.BytesAdded;
        return Failure(applied) ?? Failure(_engine.Revert(_pid, null, options));
    }

    /// <summary>Whether the target is what its state says, byte for byte.</summary>
    /// <returns>What is not; null: all is.</returns>
    internal async Task<string?> AuditAsync(CancellationToken cancel)
    {
        var verify = await WfpatchTool.RunAsync(["verify", "--pid", $"{_pid}"], cancel);
        return verify.Status.Code == 0 ? null : verify.Output;
    }

    private static string? Failure(ToolReport report) => report.IsDone ? null : report.Summary;

    private static string? Failure(TransitionReport report) =>
        report.Outcome == Outcome.Done ? null : $"{report.Outcome}: {report.Message} {string.Join("; ", report.Refusals.Select(r => $"{r.Code} {r.Sentence}"))}";
}
