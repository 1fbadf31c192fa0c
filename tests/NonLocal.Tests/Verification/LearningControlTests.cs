using System.Text.Json.Nodes;
using NonLocal.Formats;
using NonLocal.Testing;
using NonLocal.Verification;

namespace NonLocal.Tests.Verification;

/// <summary>Files about training that must not agree: every option of optimisers and schedules changes something.</summary>
public class LearningControlTests
{
    [Theory]
    [InlineData("goldens/optim/sgd_momentum", "momentum", "0.91")]
    [InlineData("goldens/optim/sgd_momentum", "nesterov", "true")]
    [InlineData("goldens/optim/sgd_momentum", "weight_decay", "0.001")]
    [InlineData("goldens/optim/sgd_momentum", "dampening", "0.01")]
    [InlineData("goldens/optim/sgd_momentum", "maximize", "true")]
    [InlineData("goldens/optim/sgd_momentum", "lr", "0.1001")]
    [InlineData("goldens/optim/sgd_lr_changes", "lr_per_step", "[0.1, 0.05, 0.2, 0.02, 0.1]")]
    [InlineData("torch/optim_sgd_dampening_wd", "dampening", "0")]
    [InlineData("torch/optim_sgd_maximize", "maximize", "false")]
    [InlineData("goldens/optim/adam_betas", "betas", "[0.51, 0.9]")]
    [InlineData("goldens/optim/adam_betas", "betas", "[0.5, 0.91]")]
    [InlineData("torch/optim_adamw_maximize", "eps", "1e-4")]
    [InlineData("goldens/optim/adam", "lr", "0.01001")]
    [InlineData("torch/optim_adamw_maximize", "amsgrad", "true")]
    [InlineData("goldens/optim/adam", "weight_decay", "0.001")]
    [InlineData("goldens/optim/adamw_wd0.1", "weight_decay", "0.11")]
    [InlineData("torch/optim_adam_amsgrad_maximize", "amsgrad", "false")]
    [InlineData("torch/optim_adam_amsgrad_maximize", "maximize", "false")]
    [InlineData("torch/optim_adam_rates", "lr_per_step", "[0.1, 0.2, 0.05, 0.02, 0.3]")]
    [InlineData("torch/optim_adamw_maximize", "maximize", "false")]
    [InlineData("goldens/optim/clip_grad_norm", "max_norm", "1.51")]
    [InlineData("torch/optim_clip_small", "max_norm", "1")]
    [InlineData("goldens/schedule/exponential", "base_lr", "0.10001")]
    [InlineData("goldens/schedule/exponential", "gamma", "0.90001")]
    [InlineData("goldens/schedule/cosine_warm_restarts", "T_0", "5")]
    [InlineData("goldens/schedule/cosine_warm_restarts", "T_mult", "1")]
    [InlineData("goldens/schedule/cosine_warm_restarts", "eta_min", "0")]
    [InlineData("goldens/schedule/poly", "max_iter", "21")]
    [InlineData("goldens/schedule/poly", "power", "0.91")]
    [InlineData("goldens/schedule/warmup_then_cosine", "milestone", "5")]
    [InlineData("goldens/schedule/warmup_then_cosine", "warmup", """{"start_factor": 0.11, "total_iters": 4}""")]
    [InlineData("goldens/schedule/warmup_then_cosine", "warmup", """{"start_factor": 0.1, "total_iters": 5}""")]
    [InlineData("goldens/schedule/warmup_then_cosine", "cosine", """{"T_max": 11, "eta_min": 0}""")]
    [InlineData("torch/schedule_cosine", "T_max", "8")]
    [InlineData("torch/schedule_cosine", "eta_min", "0.011")]
    [InlineData("torch/schedule_step", "step_size", "4")]
    [InlineData("torch/schedule_step", "gamma", "0.51")]
    [InlineData("torch/schedule_multistep", "milestones", "[2, 5, 7]")]
    [InlineData("torch/schedule_polynomial", "total_iters", "7")]
    [InlineData("torch/schedule_constant", "factor", "0.26")]
    [InlineData("torch/schedule_linear", "start_factor", "0.26")]
    [InlineData("torch/schedule_warmup_times_exponential", "exponential", """{"gamma": 0.91}""")]
    [InlineData("torch/schedule_step", "steps", "9")]
    [InlineData("goldens/train/nonlocal_sgd_nesterov", "nesterov", "false")]
    [InlineData("goldens/train/nonlocal_sgd_nesterov", "weight_decay", "0")]
    [InlineData("goldens/train/nonlocal_sgd_nesterov", "block", "\"NONLocalBlock2D gaussian bn\"")]
    [InlineData("goldens/train/nonlocal_sgd_nesterov", "block", "\"NONLocalBlock2D embedded_gaussian bn\"")]
    [InlineData("torch/train_adamw_clipped", "max_norm", "0.6")]
    [InlineData("torch/train_adamw_clipped", "opt", "\"Adam\"")]
    [InlineData("torch/train_adamw_clipped", "lr_per_step", "[0.01, 0.01, 0.01]")]
    public void Verify_OneOptionOfTheConfigChanged_Differs(string file, string key, string value)
    {
        TensorFile altered = WithConfig(Read(file), config => config[key] = JsonNode.Parse(value));
        Assert.Equal(VerificationStatus.Differ, Verifier.Verify(file, altered).Status);
        Assert.Equal(VerificationStatus.Differ, Verifier.Verify(file, altered, VerificationPrecision.Double).Status);
    }

    [Theory]
    [InlineData("goldens/optim/adam", "optimizer Adam", "optimizer SGD")]
    [InlineData("torch/optim_adam_amsgrad_maximize", "optimizer Adam", "optimizer AdamW")]
    [InlineData("goldens/optim/adamw_wd0.1", "optimizer AdamW", "optimizer Adam")]
    public void Verify_OtherOptimizer_DoesNotAgree(string file, string from, string to)
    {
        TensorFile golden = Read(file);
        Assert.Equal(from, golden.Metadata["block"]);
        TensorFile altered = new(golden, new Dictionary<string, string>(golden.Metadata) { ["block"] = to });
        Assert.NotEqual(VerificationStatus.Agree, Verifier.Verify(file, altered).Status);
    }

    [Theory]
    [InlineData("optim/sgd_nesterov_wd", "p1.step5")]
    [InlineData("optim/sgd_nesterov_wd", "p0.step0")]
    [InlineData("optim/sgd_nesterov_wd", "g0.step3")]
    [InlineData("optim/sgd_nesterov_wd", "s1.momentum_buffer")]
    [InlineData("optim/adamw_amsgrad", "s0.max_exp_avg_sq")]
    [InlineData("optim/adamw_amsgrad", "s1.step")]
    [InlineData("optim/clip_grad_norm", "total_norm")]
    [InlineData("optim/clip_grad_norm", "grad1.after")]
    [InlineData("schedule/poly", "lr")]
    [InlineData("train/nonlocal_sgd_nesterov", "loss")]
    [InlineData("train/nonlocal_sgd_nesterov", "input.4")]
    [InlineData("train/nonlocal_sgd_nesterov", "grad0.conv1.weight")]
    [InlineData("train/nonlocal_sgd_nesterov", "final.block.theta.weight")]
    [InlineData("train/nonlocal_sgd_nesterov", "final.block.W.1.running_var")]
    public void Verify_OneTensorPerturbed_Differs(string golden, string tensor)
    {
        using AlteredFile altered = AlteredFile.Scaled($"{golden}.safetensors", tensor, 1.001);
        Assert.Equal(VerificationStatus.Differ, Verifier.Verify(altered.Path).Status);
        Assert.Equal(VerificationStatus.Differ, Verifier.Verify(altered.Path, VerificationPrecision.Double).Status);
    }

    [Fact]
    public void Verify_RateInDoubleOffByABillionth_DiffersInDouble()
    {
        TensorFile file = Read("goldens/schedule/poly");
        double[] rates = file["lr_f64"].ToDouble();
        rates[3] *= 1 + 1e-9;
        byte[] content = [.. rates.SelectMany(BitConverter.GetBytes)];
        TensorFile altered = new(
            file.Select(tensor => tensor.Name == "lr_f64" ? new StoredTensor("lr_f64", tensor.Type, [.. tensor.Shape], content) : tensor),
            file.Metadata);
        Assert.Equal(VerificationStatus.Agree, Verifier.Verify("poly", altered).Status);
        VerificationResult result = Verifier.Verify("poly", altered, VerificationPrecision.Double);
        Assert.Equal((VerificationStatus.Differ, "lr_f64"), (result.Status, result.Worst!.Tensor));
    }

    [Fact]
    public void Verify_GradientZeroByMathematicsAndNotListed_Differs()
    {
        const string file = "goldens/train/nonlocal_sgd_nesterov";
        TensorFile altered = WithConfig(Read(file), config => config["skip_in_final"] = new JsonArray());
        VerificationResult result = Verifier.Verify(file, altered);
        Assert.Equal(VerificationStatus.Differ, result.Status);
        Assert.StartsWith("grad0.block.", result.Worst!.Tensor, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_CounterThatWasKeptAsAValue_IsCompared()
    {
        const string file = "goldens/train/nonlocal_sgd_nesterov";
        TensorFile golden = Read(file);
        Assert.Equal(VerificationStatus.Agree, Verifier.Verify(file, WithCounter(golden, 5)).Status);
        Assert.Equal(VerificationStatus.Differ, Verifier.Verify(file, WithCounter(golden, 4)).Status);
    }

    [Theory]
    [InlineData("goldens/optim/adam", "block", "optimizer Adan", "optimizer Adam")]
    [InlineData("goldens/optim/adam", "config", """{"lr": 0.01, "decay": 1}""", "'decay'")]
    [InlineData("goldens/optim/adam", "config", """{}""", "'lr'")]
    [InlineData("goldens/optim/adam", "config", """{"lr": 0.01, "betas": [0.9]}""", "'betas'")]
    [InlineData("goldens/optim/sgd_lr_changes", "config", """{"lr_per_step": [0.1]}""", "'lr_per_step'")]
    [InlineData("goldens/optim/clip_grad_norm", "config", """{"max_norm": 1, "norm_type": 1}""", "'norm_type'")]
    [InlineData("goldens/optim/clip_grad_norm", "config", """{}""", "'max_norm'")]
    [InlineData("goldens/schedule/poly", "config", """{"T_max": 4}""", "'base_lr'")]
    [InlineData("goldens/schedule/poly", "config", """{"base_lr": 0.1, "lr_lambda": "x"}""", "'lr_lambda'")]
    [InlineData("goldens/schedule/poly", "config", """{"base_lr": 0.1, "T_max": 4, "steps": 20}""", "rises again")]
    [InlineData("goldens/schedule/poly", "config", """{"base_lr": 0.1, "a": {"gamma": 1}, "b": {"gamma": 1}}""", "one other")]
    [InlineData("goldens/train/nonlocal_sgd_nesterov", "config", """{"lr": 0.1, "block": "GluedBlock"}""", "'GluedBlock'")]
    [InlineData("goldens/train/nonlocal_sgd_nesterov", "config", """{"lr": 0.1, "block": "NONLocalBlock2D sub"}""", "'sub'")]
    [InlineData("goldens/train/nonlocal_sgd_nesterov", "config", """{"lr": 0.1, "opt": "Adagrad"}""", "'Adagrad'")]
    public void Verify_SomethingUnknown_IsUnsupportedAndNamesIt(string file, string key, string text, string named)
    {
        TensorFile golden = Read(file);
        TensorFile altered = new(golden, new Dictionary<string, string>(golden.Metadata) { [key] = text });
        VerificationResult result = Verifier.Verify(file, altered);
        Assert.Equal(VerificationStatus.Unsupported, result.Status);
        Assert.Contains(named, result.Reason!, StringComparison.Ordinal);
    }

    private static TensorFile Read(string file) => Safetensors.Read(Fixtures.Path([.. $"{file}.safetensors".Split('/')]));

    private static TensorFile WithConfig(TensorFile file, Action<JsonNode> change)
    {
        JsonNode config = JsonNode.Parse(file.Metadata["config"])!;
        change(config);
        return new TensorFile(file, new Dictionary<string, string>(file.Metadata) { ["config"] = config.ToJsonString() });
    }

    // A file whose counter of bn1 stood at 0 before the first of its five steps.
    private static TensorFile WithCounter(TensorFile file, long after) => new(
        file.Select(tensor => tensor.Name switch
        {
            "param.bn1.num_batches_tracked" => new StoredTensor(tensor.Name, tensor.Type, [], BitConverter.GetBytes(0L)),
            "final.bn1.num_batches_tracked" => new StoredTensor(tensor.Name, tensor.Type, [], BitConverter.GetBytes(after)),
            _ => tensor,
        }),
        file.Metadata);
}
