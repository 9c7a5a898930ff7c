"""What an operator may set, by environment variables that begin with DSEL_."""

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.event import ActorType
from repository.driver import Driver


class Settings(BaseSettings):
    """The settings of one running service. The table in the README is made of these descriptions."""

    model_config = SettingsConfigDict(env_prefix="DSEL_", env_ignore_empty=True, extra="ignore", frozen=True)

    mongodb_uri: str | None = Field(None, description="The MongoDB to use; without it the service brings its own.")
    database: str = Field("dsel", pattern=r'^[^/\\. "$*<>:|?]{1,63}$', description="The name of the database.")
    mongo_driver: Driver = Field(Driver.PYMONGO, description="`pymongo` or `motor`.")
    mongo_timeout: float = Field(10.0, gt=0, description="Seconds after which a call to MongoDB is given up.")
    data: Path = Field(Path(".data"), description="The folder of the embedded MongoDB.")
    host: str = Field("127.0.0.1", description="The address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    workers: int = Field(1, ge=1, le=64, description="How many processes serve, each with one processor at most.")
    tokens: Path | None = Field(
        None, description="A YAML file of bearer tokens and the actors behind them; without it everybody may write."
    )
    open_actor: str = Field(
        "anonymous", min_length=1, description="The actor of a request without credentials, while there are no tokens."
    )
    open_actor_type: ActorType = Field(ActorType.HUMAN, description="The type of that actor.")
    max_body_bytes: int = Field(20 * 2**20, gt=0, description="The largest request body, in bytes.")
    max_depth: int = Field(20, gt=0, description="The deepest query.")
    max_fields: int = Field(5000, gt=0, description="The most fields of a query, with its fragments written out.")
    max_examined: int = Field(50_000, gt=0, description="The most entities that a list may examine.")
    max_tokens: int = Field(2000, gt=0, description="The most lexical tokens of a query.")
    aggregates: bool = Field(True, description="Whether this service computes aggregates; one on a MongoDB is enough.")
    max_subscriptions: int = Field(1000, gt=0, description="The most subscriptions, and websockets, of one process.")
    subscription_buffer: int = Field(
        1000, gt=0, description="The most events that wait for a subscriber before it is told to come back."
    )
    heartbeat: float = Field(15.0, gt=0, description="Seconds between signs of life on an idle subscription.")
    allowed_origins: Annotated[list[str], NoDecode] = Field(
        [], description="Origins of browsers that may call from other sites, with commas between them."
    )

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _separated(cls, value: Any) -> Any:
        return [each.strip() for each in value.split(",") if each.strip()] if isinstance(value, str) else value

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, value: list[str]) -> list[str]:
        for each in value:
            if each != "*" and not re.fullmatch(r"https?://[^/\s]+", each):
                raise ValueError(f"'{each}' is no origin; write it like https://console.example.com")
        return value
