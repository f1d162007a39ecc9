// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing;
using Wfpatch.Testing.Processes;
using Xunit;

namespace Wfpatch.Live.Tests.Sources;

/// <summary>What a build from a package says where a tool or a build dependency is missing.</summary>
public sealed class PackageToolsTests
{
    private const string Program = "/usr/bin/memcached";

    [Fact]
    public async Task Without_mmdebstrap_it_names_the_package_and_the_other_way()
    {
        string path = Tools(("dpkg-query", "exec /usr/bin/dpkg-query \"$@\""));
        var report = await BuildAsync(path);
        report.ExpectFailure("refused", "WF250", "install the package mmdebstrap", "--host");
    }

    [Fact]
    public async Task Build_dependencies_that_cannot_be_installed_are_told()
    {
        string path = Tools(
            ("dpkg-checkbuilddeps", "echo 'dpkg-checkbuilddeps: error: Unmet build dependencies: libsomething-dev' >&2; exit 1"),
            ("apt-get", "case \"$*\" in *build-dep*) exit 100;; *) exec /usr/bin/apt-get \"$@\";; esac"),
            ("sudo", "exit 1"));
        var report = await BuildAsync($"{path}:{Environment.GetEnvironmentVariable("PATH")}", "--host");
        Assert.SkipWhen(report.Codes is ["WF243"], "the source of memcached cannot be had here");
        report.ExpectFailure("refused", "WF244", "build dependencies of memcached");
        string log = report.Command.Errors.Split("install what ")[1].Split(" names.")[0];
        Assert.Contains("libsomething-dev", await File.ReadAllTextAsync(log, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static async Task<CommandReport> BuildAsync(string path, params string[] more)
    {
        Assert.SkipUnless(File.Exists(Program), "memcached is not installed");
        string patch = RepositoryRoot.Combine("tests", "cases", "memcached", "version-reply.patch");
        string output = ScratchFolder.NewFile("fix.wfp");
        string[] command = ["build", "--deb", "memcached", "--patch", patch, "-o", output, "--cache", ScratchFolder.NewFile("cache"), "--json", .. more];
        return CommandReport.Of(await ChildProcess.RunAsync(new("/usr/bin/env", [$"PATH={path}", WfpatchCommand.Path, .. command]), TestContext.Current.CancellationToken));
    }

    /// <summary>A folder for PATH with these scripts.</summary>
    private static string Tools(params (string Name, string Text)[] scripts)
    {
        string folder = Path.GetDirectoryName(ScratchFolder.NewFile("tool"))!;
        foreach (var (name, text) in scripts)
        {
            string file = Path.Combine(folder, name);
            File.WriteAllText(file, $"#!/bin/sh\n{text}\n");
        }
        using var chmod = Process.Start("chmod", ["-R", "a+rx", folder]);
        chmod.WaitForExit();
        return folder;
    }
}
