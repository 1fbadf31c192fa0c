namespace NonLocal.Tensors.Compile;

/// <summary>A program that would take more memory than allowed. Nothing has been allocated.</summary>
public sealed class MemoryLimitException(string message) : Exception(message);
