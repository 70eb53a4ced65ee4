"""Cluster resolvers: where the tasks of a job are, by what the environment says."""

from __future__ import annotations

import json
from typing import Any

from dist.contract import tf_config_variable


class ClusterSpec:
    """The jobs of a cluster and the addresses of their tasks."""

    def __init__(self, cluster: Any) -> None:
        """Describe a cluster.

        Args:
            cluster: A dict from job names to lists (or dicts by index) of
                `host:port` strings, or another ClusterSpec.

        Raises:
            TypeError: It is neither.
        """
        if isinstance(cluster, ClusterSpec):
            cluster = cluster.as_dict()
        if not isinstance(cluster, dict):
            raise TypeError(
                "`cluster` must be a dictionary mapping one or more job names to lists "
                f"of network addresses, or a `ClusterSpec`, got {cluster!r}."
            )
        self._jobs: dict[str, dict[int, str]] = {}
        for job, tasks in cluster.items():
            if isinstance(tasks, list | tuple):
                tasks = dict(enumerate(tasks))
            if not isinstance(tasks, dict):
                raise TypeError(
                    f"The tasks for job {job!r} must be a list or a dictionary from "
                    f"integers to strings, got {tasks!r}."
                )
            self._jobs[job] = {int(i): str(a) for i, a in tasks.items()}

    def as_dict(self) -> dict[str, Any]:
        """Return the jobs with lists of addresses, or dicts where indices have gaps."""
        return {job: self._tasks_of(job) for job in self._jobs}

    def _tasks_of(self, job: str) -> Any:
        tasks = self._jobs[job]
        dense = sorted(tasks) == list(range(len(tasks)))
        return [tasks[i] for i in sorted(tasks)] if dense else dict(tasks)

    @property
    def jobs(self) -> list[str]:
        """The names of the jobs."""
        return list(self._jobs)

    def num_tasks(self, job_name: str) -> int:
        """Return how many tasks a job has."""
        return len(self._job(job_name))

    def task_indices(self, job_name: str) -> list[int]:
        """Return the indices of a job's tasks."""
        return sorted(self._job(job_name))

    def task_address(self, job_name: str, task_index: int) -> str:
        """Return the address of one task.

        Raises:
            ValueError: There is no such job or task.
        """
        tasks = self._job(job_name)
        if task_index not in tasks:
            raise ValueError(
                f"No task with index {task_index!r} in job {job_name!r}. There are "
                f"{sorted(tasks)}."
            )
        return tasks[task_index]

    def job_tasks(self, job_name: str) -> list[str | None]:
        """Return the addresses of a job by index, None in gaps."""
        tasks = self._job(job_name)
        return [tasks.get(i) for i in range(max(tasks, default=-1) + 1)]

    def _job(self, job_name: str) -> dict[int, str]:
        if job_name not in self._jobs:
            raise ValueError(
                f"No such job in cluster: {job_name!r}. There are {self.jobs}."
            )
        return self._jobs[job_name]

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClusterSpec) and self._jobs == other._jobs

    def __hash__(self) -> int:
        return hash(tuple(sorted(self._jobs)))

    def __repr__(self) -> str:
        return f"ClusterSpec({self.as_dict()!r})"


class ClusterResolver:
    """Tells where the tasks of a job are, and which of them this process is.

    Attributes:
        task_type, task_id: This process's job name and index.
        environment: Kept for compatibility.
        rpc_layer: Kept for compatibility.
    """

    def __init__(
        self,
        cluster_spec: ClusterSpec,
        task_type: str | None = None,
        task_id: int | None = None,
        rpc_layer: str | None = None,
        environment: str = "",
    ) -> None:
        self._cluster_spec = cluster_spec
        self.task_type = task_type
        self.task_id = task_id
        self.rpc_layer = rpc_layer
        self.environment = environment

    def cluster_spec(self) -> ClusterSpec:
        """Return the cluster."""
        return self._cluster_spec

    def master(
        self,
        task_type: str | None = None,
        task_id: int | None = None,
        rpc_layer: Any = None,
    ) -> str:
        """Return a task's address, by default this one's; empty without a cluster."""
        kind = task_type or self.task_type
        index = self.task_id if task_id is None else task_id
        if not self._cluster_spec or kind is None or index is None:
            return ""
        layer = rpc_layer or self.rpc_layer
        address = self._cluster_spec.task_address(kind, index)
        return f"{layer}://{address}" if layer else address

    def num_accelerators(self, **_: Any) -> dict[str, int]:
        """Return how many accelerators there are: none."""
        return {}


class SimpleClusterResolver(ClusterResolver):
    """A cluster that is written down."""

    def __init__(
        self,
        cluster_spec: Any,
        master: str = "",
        task_type: str | None = None,
        task_id: int | None = None,
        environment: str = "",
        num_accelerators: Any = None,
        rpc_layer: str | None = None,
    ) -> None:
        super().__init__(
            ClusterSpec(cluster_spec), task_type, task_id, rpc_layer, environment
        )
        self._master = master

    def master(
        self,
        task_type: str | None = None,
        task_id: int | None = None,
        rpc_layer: Any = None,
    ) -> str:
        """Return the address given, or that of a task."""
        if task_type is None and task_id is None:
            return self._master
        return super().master(task_type, task_id, rpc_layer)


class TFConfigClusterResolver(ClusterResolver):
    """The cluster that the environment variable TF_CONFIG describes."""

    def __init__(
        self,
        task_type: str | None = None,
        task_id: int | None = None,
        rpc_layer: str | None = None,
        environment: str | None = None,
    ) -> None:
        text = tf_config_variable()
        try:
            config = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(
                f"TF_CONFIG is not valid JSON: {error}. It is {text!r}."
            ) from None
        task = config.get("task", {})
        super().__init__(
            ClusterSpec(config.get("cluster", {})),
            task_type if task_type is not None else task.get("type"),
            task_id if task_id is not None else _as_int(task.get("index")),
            rpc_layer or config.get("rpc_layer"),
            environment or config.get("environment", ""),
        )


def _as_int(value: Any) -> int | None:
    return None if value is None else int(value)
