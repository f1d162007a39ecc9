// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Redirects.Trampolines;

/// <summary>Bytes to be put at an address. Where running threads can meet them, it is one byte.</summary>
public readonly record struct CodeWrite(Address Address, byte[] Bytes);
